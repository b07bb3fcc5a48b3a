import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { askStation } from '../../daemon/control/client.js';
import type { WatchEvent } from '../../daemon/control/station-verbs.js';
import type { Result } from '../../daemon/result.js';
import type { StationStatus } from '../../daemon/status.js';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { type Broker, startBroker, stop } from './broker.js';

const program = fileURLToPath(new URL('../main.js', import.meta.url));
/** The networks of a slow board need their time to load. */
const readyWithinMs = 120_000;
const silentAfterMs = 30_000;

/** A whole simulated station, as separate processes, with a broker of its own. */
export interface DemoStation {
  readonly brokerPort: number;
  /** Folder of its config, sockets and journal; gone after `stop`. */
  readonly folder: string;
  ask<T>(verb: string, params?: object): Promise<T>;
  /** The result of the cup that comes next. Errors: STATION_SILENT. */
  nextResult(): Promise<Result>;
  /** Resolves when the station waits for a cup. Errors: STATION_SILENT. */
  whenReady(): Promise<void>;
  onEvent(listener: (event: WatchEvent) => void): void;
  stop(): Promise<void>;
}

/** Errors: BROKER_UNREACHABLE, and whatever keeps the station from being ready, by name. */
export async function startDemoStation(demoFolder: string): Promise<DemoStation> {
  const folder = await mkdtemp(join(tmpdir(), 'cupcheck-demo-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stopAll = async (): Promise<void> => {
    for (const close of closers.toReversed()) await close();
  };
  try {
    const broker = await startBroker(folder);
    closers.push(() => broker.stop());
    const configPath = join(folder, 'config.yaml');
    const socket = join(folder, 'control.sock');
    await writeFile(configPath, stringify(demoConfig(folder, socket, demoFolder, broker)));
    for (const verb of ['light', 'run']) {
      // The kernel ends them where the demo dies without ending them.
      const command = ['--pdeathsig', 'TERM', '--', process.execPath, program, verb, '--config', configPath];
      const child = spawn('setpriv', command, {
        stdio: ['ignore', 'ignore', 'inherit'],
        // Ctrl-C goes to the whole group of a terminal; the demo ends its processes itself, in order.
        detached: true,
      });
      await once(child, 'spawn');
      closers.push(() => stop(child));
    }
    const ask = <T>(verb: string, params: object = {}): Promise<T> => askStation<T>(socket, verb, params);
    await whenReady(ask);
    const listeners = new Set<(event: WatchEvent) => void>();
    const watching = new AbortController();
    void askStation(
      socket,
      'watch',
      {},
      {
        timeoutMs: null,
        signal: watching.signal,
        onEvent: (event) => {
          for (const listener of listeners) listener(event as WatchEvent);
        },
      },
    ).catch(() => null);
    closers.push(() => Promise.resolve(watching.abort(new CupcheckError('INTERNAL', 'the demo ends'))));
    return {
      brokerPort: broker.port,
      folder,
      ask,
      nextResult: () => nextEvent(listeners, 'result', (event) => (event.type === 'result' ? event.result : null)),
      whenReady: async () => {
        const ready = nextEvent(listeners, 'ready', (event) =>
          event.type === 'state' && event.state === 'ready' ? event : null,
        );
        const { state } = await ask<StationStatus>('status');
        if (state !== 'ready') await ready;
        else ready.catch(() => null);
      },
      onEvent: (listener) => listeners.add(listener),
      stop: stopAll,
    };
  } catch (thrown) {
    await stopAll();
    throw thrown;
  }
}

function demoConfig(folder: string, socket: string, demoFolder: string, broker: Broker): object {
  return {
    // A generous deadline: the demo has to run on any machine, beside whatever else it does.
    station: { name: 'demo', deadlineMs: 5000 },
    camera: { driver: 'replay', replay: { empty: join(demoFolder, 'empty.jpg') } },
    trigger: { driver: 'scripted' },
    light: { driver: 'memory', socket: join(folder, 'light.sock') },
    // The bundle beside the program has no signature unless a package's builder gave it one: each result says so.
    bundle: { allowUnsigned: 'shipped' },
    // Nobody orders by year here, and the bundle reads none.
    risk: { unread: 'accept' },
    calibration: { path: join(demoFolder, 'calibration.json') },
    infer: { timeoutMs: 10_000 },
    mqtt: { enabled: true, url: `mqtt://127.0.0.1:${broker.port}` },
    control: { socket },
    state: { path: join(folder, 'state') },
    log: { level: 'error', pretty: true },
  };
}

async function whenReady(ask: DemoStation['ask']): Promise<void> {
  const endMs = Date.now() + readyWithinMs;
  let last = 'it does not answer';
  while (Date.now() < endMs) {
    const status = await ask<StationStatus>('status').catch((error: unknown) => {
      last = asCupcheckError(error).message;
      return null;
    });
    if (status?.health === 'ready') return;
    const fault = status?.faults.find(({ source }) => source === 'config' || source === 'bundle');
    if (fault !== undefined)
      throw new CupcheckError('DEMO_NOT_READY', `${fault.source}: ${fault.message}. ${fault.help}`);
    if (status !== null) last = status.faults[0]?.message ?? `it is ${status.state}`;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new CupcheckError('DEMO_NOT_READY', `the demo station is not ready after ${readyWithinMs / 1000} s: ${last}`);
}

/** The first event that `pick` finds something in. */
function nextEvent<T>(
  listeners: Set<(event: WatchEvent) => void>,
  what: string,
  pick: (event: WatchEvent) => T | null,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      listeners.delete(take);
      reject(new CupcheckError('STATION_SILENT', `the demo station gave no ${what} within ${silentAfterMs / 1000} s`));
    }, silentAfterMs);
    const take = (event: WatchEvent): void => {
      const picked = pick(event);
      if (picked === null) return;
      clearTimeout(timer);
      listeners.delete(take);
      resolve(picked);
    };
    listeners.add(take);
  });
}

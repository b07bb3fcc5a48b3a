import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlServer } from '../../../src/daemon/control/server.js';
import { verb } from '../../../src/daemon/control/verb.js';
import type { StationStatus } from '../../../src/daemon/status.js';
import { compiled } from '../../fixtures/compiled.js';

const main = fileURLToPath(compiled('cli/main.ts'));
let folder: string;
let socket: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-cli-'));
  socket = join(folder, 'control.sock');
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true });
});

function start(...args: string[]) {
  const env = { ...process.env, CUPCHECK_CONTROL_SOCKET: socket, CUPCHECK_LIGHT_SOCKET: join(folder, 'light.sock') };
  const child = spawn(process.execPath, [main, ...args], { env });
  children.push(child);
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (text.out += String(chunk)));
  child.stderr.on('data', (chunk) => (text.err += String(chunk)));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...text }));
  return { child, text, ended };
}

const status: StationStatus = {
  station: 'press-3',
  version: '0.1.0',
  session: 'a',
  health: 'ready',
  state: 'ready',
  faults: [],
  mode: 'confirm',
  uptime_s: 100,
  light: { connected: true, shows: 'dark' },
  camera: { driver: 'replay', state: 'streaming', newest_frame_age_ms: 40 },
  trigger: { driver: 'scripted', kind: 'level' },
  judge: { ready: true, provider: 'cpu', bundle: null, designs: 0, covered: 0 },
  broker: { enabled: false, connected: false, waiting: 0 },
  order: null,
  last: null,
  cups: { green: 0, amber: 0, late_judgements: 0 },
};

describe('the command line as a process', () => {
  it('ends quietly when its reader has seen enough', async () => {
    const { child, ended } = start('config', 'docs');
    child.stdout.destroy();
    expect(await ended).toMatchObject({ code: 0, err: '' });
  });

  it('prints no colour into a pipe', async () => {
    const { ended } = start('doctor');
    expect((await ended).out).not.toContain('\u001b');
  });

  it('leaves a watch at Ctrl-C, quietly', async () => {
    const server = new ControlServer({
      socketPath: socket,
      group: 'none',
      log: pino({ level: 'silent' }),
      verbs: {
        status: verb({}, () => Promise.resolve(status)),
        watch: verb({}, (_params, { emit, signal }) => {
          emit({ type: 'state', state: 'settling', health: 'ready' });
          return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        }),
      },
    });
    await server.start();
    const { child, text, ended } = start('status', '--watch');
    await expect.poll(() => text.out, { timeout: 30_000 }).toContain('settling (ready)');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, signal: null, err: '' });
    expect(text.out).toContain('press-3: ready');
    await server.close();
  });
});

describe('a station with a wrong config', () => {
  it('stays up in fault, says why to status, and stops when asked', async () => {
    const file = join(folder, 'config.yaml');
    writeFileSync(file, 'station:\n  name: press-3\n  deadlinMs: 900\n');
    const station = start('run', '--config', file);
    const status = async () => {
      const { ended } = start('status', '--config', file);
      return ended;
    };
    await expect.poll(async () => (await status()).code, { timeout: 30_000, interval: 200 }).toBe(1);
    const { out } = await status();
    expect(out).toContain('press-3: fault');
    expect(out.replace(/\n */g, ' ')).toContain('config.yaml:3: unknown key station.deadlinMs');
    expect(out).toContain('did you mean');
    const order = await start('order', 'set', 'Morgan', '--count', '12', '--config', file).ended;
    expect(order.code).not.toBe(0);
    station.child.kill('SIGTERM');
    expect((await station.ended).code).toBe(0);
  });
});

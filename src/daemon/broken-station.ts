import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { asCupcheckError, CupcheckError } from '../errors.js';
import type { LoadedConfig } from './config/load.js';
import { ControlServer } from './control/server.js';
import { type StationControl, stationVerbs } from './control/station-verbs.js';
import type { RunningStation } from './assemble.js';
import { type Announcer, type AnnouncerOptions, openAnnouncer } from './announce.js';
import { LightLease } from './light/client.js';
import type { RequestHandler } from './mqtt/documents.js';
import { version } from './report-status.js';
import type { Fault } from './station/states.js';
import type { StationStatus } from './status.js';
import { systemClock } from './system-clock.js';

type Partial = Extract<LoadedConfig, { ok: false }>['partial'];

/**
 * A station that cannot be built: it blinks, and says on its control socket what is wrong.
 * It judges nothing, takes no order, and needs a restart.
 */
export async function brokenStation(
  config: Partial,
  source: Fault['source'],
  problems: readonly CupcheckError[],
  log: Logger,
): Promise<Pick<RunningStation, 'close' | 'alive'>> {
  const faults = problems.map(({ message, help }): Fault => ({ source, message, help }));
  const light = new LightLease({ clock: systemClock, socketPath: config.light.socket, ...config.light });
  await light
    .start()
    .then(() => light.show('fault'))
    .catch((error: unknown) => log.error({ err: asCupcheckError(error) }, 'the light cannot blink'));
  await mkdir(dirname(config.control.socket), { recursive: true });
  let connected = (): boolean => false;
  const status = statusOf(config, faults, light, () => connected());
  const control = new ControlServer({
    socketPath: config.control.socket,
    group: config.control.group,
    verbs: stationVerbs(brokenControl(status, problems)),
    log: log.child({ module: 'control' }),
  });
  await control.start();
  const announcer = announceFault(config, status, refuse(problems), log);
  connected = () => announcer.connected;
  return {
    alive: () => true,
    async close() {
      await control.close();
      await announcer.stop();
      await light.close();
    },
  };
}

/** Says on the broker what is wrong. There is no journal, so no result is published and none is lost. */
function announceFault(config: Partial, status: () => StationStatus, handle: RequestHandler, log: Logger): Announcer {
  const announcer = openAnnouncer({
    config,
    configSha256: '',
    startedUtc: systemClock.utc().toISOString(),
    journal: noJournal,
    handle,
    status: () => Promise.resolve(status()),
    picturesDropped: () => 0,
    host: () => ({
      tempC: null,
      throttled: null,
      utcSynced: false,
      diskFreeBytes: null,
      memoryBytes: process.memoryUsage.rss(),
    }),
    log: log.child({ module: 'mqtt' }),
  });
  announcer.state(status());
  announcer.start();
  return announcer;
}

const noJournal: AnnouncerOptions['journal'] = {
  nextUnsent: () => Promise.resolve(null),
  newest: () => Promise.resolve(null),
  delivered: () => Promise.resolve(),
  outbox: () =>
    Promise.resolve({
      waiting: 0,
      oldestUtc: null,
      newestPosition: 0,
      lastSeq: 0,
      prunedThrough: 0,
      bytes: 0,
      maxBytes: 0,
    }),
  onShown: () => () => undefined,
};

function statusOf(
  config: Partial,
  faults: readonly Fault[],
  light: LightLease,
  connected: () => boolean,
): () => StationStatus {
  const session = randomUUID();
  const startedNs = systemClock.nowNs();
  return () => ({
    station: config.station.name,
    version,
    session,
    health: 'fault',
    state: 'fault',
    faults,
    mode: config.station.mode,
    uptime_s: Math.round(Number(systemClock.nowNs() - startedNs) / 1e9),
    light: { connected: light.connected, shows: light.shows },
    camera: { driver: '', state: 'stopped', newest_frame_age_ms: null },
    trigger: { driver: '', kind: '' },
    judge: {
      ready: false,
      provider: null,
      fallback: null,
      precision: null,
      engine: null,
      bundle: null,
      designs: 0,
      covered: 0,
      trial_until: null,
    },
    selftest: null,
    broker: { enabled: config.mqtt.enabled, connected: connected(), waiting: 0, stuck: null },
    order: null,
    last: null,
    cups: { green: 0, amber: 0, late_judgements: 0 },
    statistics: null,
  });
}

function brokenControl(status: () => StationStatus, problems: readonly CupcheckError[]): StationControl {
  const refused = refuse(problems);
  return {
    simulation: null,
    bundles: { activate: refused, serve: refused, calibrate: refused, commit: refused, rollback: refused },
    runSelfTest: refused,
    status: () => Promise.resolve(status()),
    findings: () =>
      Promise.resolve(
        problems.map(({ message, help }) => ({ check: 'station', state: 'fail' as const, detail: message, help })),
      ),
    frame: refused,
    trigger: refused,
    setOrder: refused,
    clearOrder: refused,
    order: refused,
    resolve: refused,
    outbox: refused,
    drainOutbox: refused,
    watch: refused,
  };
}

/** Whatever is asked, the answer is what is wrong. */
function refuse(problems: readonly CupcheckError[]): () => Promise<never> {
  return () => {
    const [first] = problems;
    return Promise.reject(new CupcheckError(first?.code ?? 'INTERNAL', first?.message ?? 'the station is broken'));
  };
}

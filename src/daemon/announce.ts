import type { Logger } from 'pino';
import type { Config } from './config/schema.js';
import type { HostFacts } from './health/host.js';
import type { Journal, JudgeInfo } from './ports.js';
import type { HealthDocument, InfoDocument, RequestHandler, StateDocument } from './mqtt/documents.js';
import { MqttPublisher } from './mqtt/publisher.js';
import { version } from './report-status.js';
import type { StationStatus } from './status.js';

/** A station towards its broker, or towards nobody where `mqtt.enabled` is false. */
export interface Announcer {
  readonly enabled: boolean;
  readonly connected: boolean;
  /** The result that cannot be delivered, and why; `null` while all flows. */
  readonly stuck: StationStatus['broker']['stuck'];
  /** Since the start. */
  readonly connects: number;
  readonly refusals: number;
  start(): void;
  /** Publishes what the station does now. */
  state(status: StationStatus): void;
  /** Publishes what the station is. */
  info(status: StationStatus, info: JudgeInfo | null): void;
  stop(): Promise<void>;
}

export interface AnnouncerOptions {
  readonly config: Pick<Config, 'station' | 'mqtt' | 'health'>;
  readonly configSha256: string;
  readonly startedUtc: string;
  readonly journal: Pick<Journal, 'nextUnsent' | 'newest' | 'delivered' | 'outbox' | 'onShown'>;
  readonly handle: RequestHandler;
  readonly status: () => Promise<StationStatus>;
  readonly picturesDropped: () => number;
  readonly host: () => HostFacts;
  readonly log: Logger;
}

/** Errors: CONFIG_INVALID. */
export function openAnnouncer(options: AnnouncerOptions): Announcer {
  const { config, journal, handle, log, status } = options;
  const { mqtt, station } = config;
  if (!mqtt.enabled) {
    return {
      enabled: false,
      connected: false,
      stuck: null,
      connects: 0,
      refusals: 0,
      start: () => undefined,
      state: () => undefined,
      info: () => undefined,
      stop: async () => undefined,
    };
  }
  const publisher = new MqttPublisher({
    settings: { ...mqtt, station: station.name },
    homeAssistant: mqtt.homeAssistant,
    healthIntervalMs: config.health.intervalS * 1000,
    journal,
    handle,
    health: async () => healthOf(await status(), await journal.outbox(), options),
    log,
  });
  return {
    enabled: true,
    get connected() {
      return publisher.connected;
    },
    get stuck() {
      const { stuck } = publisher;
      return stuck && { ...stuck, seq: stuck.seq === 0 ? null : stuck.seq };
    },
    get connects() {
      return publisher.connects;
    },
    get refusals() {
      return publisher.refusals;
    },
    start: () => publisher.start(),
    state: (now) => publisher.state(stateOf(now)),
    info: (now, info) => publisher.info(infoOf(now, info, options)),
    stop: () => publisher.stop(),
  };
}

function infoOf(status: StationStatus, info: JudgeInfo | null, options: AnnouncerOptions): InfoDocument {
  return {
    schema: 1,
    station: status.station,
    session: status.session,
    version,
    node: process.version,
    mode: status.mode,
    started_utc: options.startedUtc,
    bundle: info?.bundle ?? null,
    signed_by: info?.signedBy ?? null,
    trial_until: status.judge.trial_until,
    provider: info?.provider ?? null,
    designs: info?.designs ?? [],
    config_sha256: options.configSha256,
  };
}

function stateOf(status: StationStatus): StateDocument {
  const { station, session, health, state, faults, order, judge } = status;
  const utc = new Date().toISOString();
  const served = { provider: judge.provider, provider_fallback: judge.fallback !== null };
  return { schema: 1, station, session, utc, health, state, faults, ...served, order };
}

function healthOf(
  status: StationStatus,
  outbox: Awaited<ReturnType<Journal['outbox']>>,
  options: AnnouncerOptions,
): HealthDocument {
  const host = options.host();
  return {
    schema: 1,
    station: status.station,
    session: status.session,
    utc: new Date().toISOString(),
    uptime_s: status.uptime_s,
    health: status.health,
    provider: status.judge.provider,
    provider_fallback: status.judge.fallback !== null,
    camera: { state: status.camera.state, newest_frame_age_ms: status.camera.newest_frame_age_ms },
    light: { connected: status.light.connected },
    outbox: { waiting: outbox.waiting, oldest_utc: outbox.oldestUtc, stuck: status.broker.stuck },
    journal: { last_seq: outbox.lastSeq, bytes: outbox.bytes, max_bytes: outbox.maxBytes },
    pictures_dropped: options.picturesDropped(),
    cups: { green: status.cups.green, amber: status.cups.amber },
    host: { temp_c: host.tempC, throttled: host.throttled, memory_bytes: host.memoryBytes },
    statistics: status.statistics,
  };
}

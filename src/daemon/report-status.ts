import { readFileSync } from 'node:fs';
import type { Config } from './config/schema.js';
import type { OrderBook } from './order-book.js';
import type { Camera, Clock, CupJudge, Light } from './ports.js';
import type { Result } from './result.js';
import type { Station } from './station/station.js';
import type { StationStatus } from './status.js';
import type { StatisticsDocument } from './statistics/summary.js';

/** The version of this program, from its package.json. */
export const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** What the status is read from. */
export interface StatusSources {
  readonly config: Config;
  readonly session: string;
  readonly startedNs: bigint;
  readonly clock: Clock;
  readonly station: Station;
  readonly camera: Camera;
  readonly light: Light;
  readonly judge: CupJudge;
  readonly trialUntil: () => string | null;
  readonly selfTest: () => NonNullable<StationStatus['selftest']>;
  readonly orders: OrderBook;
  readonly broker: Omit<StationStatus['broker'], 'waiting'>;
  readonly lastResult: () => Result | null;
  readonly statistics: () => StatisticsDocument;
  readonly counts: () => { readonly green: number; readonly amber: number };
}

/**
 * The station at this moment.
 * @param waiting results that wait for the broker, which only the journal knows
 */
export function reportStatus(from: StatusSources, waiting: number): StationStatus {
  const { config, station, camera, judge, clock } = from;
  const state = station.current;
  const nowNs = clock.nowNs();
  const designs = judge.info?.designs ?? [];
  return {
    station: config.station.name,
    version,
    session: from.session,
    health: station.health,
    state: state.name,
    faults: state.name === 'fault' ? state.faults : [],
    mode: config.station.mode,
    uptime_s: Math.round(Number(nowNs - from.startedNs) / 1e9),
    light: { connected: from.light.connected, shows: from.light.shows },
    camera: {
      driver: config.camera.driver,
      state: camera.state,
      newest_frame_age_ms: camera.newestNs === null ? null : Math.round(Number(nowNs - camera.newestNs) / 1e6),
    },
    trigger: { driver: config.trigger.driver, kind: config.trigger.kind },
    judge: {
      ready: judge.info !== null,
      provider: judge.info?.provider ?? null,
      fallback: judge.info?.fallback ?? null,
      precision: judge.info?.precision ?? null,
      engine: judge.info?.engine ?? null,
      bundle: judge.info?.bundle ?? null,
      designs: designs.length,
      covered: designs.filter((design) => design.covered).length,
      trial_until: from.trialUntil(),
    },
    selftest: from.selfTest(),
    broker: { enabled: from.broker.enabled, connected: from.broker.connected, waiting, stuck: from.broker.stuck },
    order: from.orders.current(),
    last: lastOf(from.lastResult()),
    cups: { ...from.counts(), late_judgements: station.lateJudgements },
    statistics: from.statistics(),
  };
}

function lastOf(result: Result | null): StationStatus['last'] {
  if (result === null) return null;
  return {
    seq: result.seq,
    id: result.id,
    verdict: result.verdict,
    shown: result.shown.light,
    design: result.design,
    reasons: result.reasons.map((given) => given.reason),
    total_ms: result.ms.total,
    utc: result.time.utc,
  };
}

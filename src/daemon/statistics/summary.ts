import type { Reason } from '../../pipeline/judgement.js';
import { type CountTable, type LiveCounter, type Stage, stages } from './counts.js';
import { percentileMs } from './durations.js';

/** The times of one stage, in ms; percentiles within 2.2 %, the longest exact. */
export interface StageTimes {
  readonly stage: Stage;
  readonly cups: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

/** The station's statistics over all its starts, as `status` and `health` carry them. */
export interface StatisticsDocument {
  /** Everything since then is counted, UTC ISO 8601. */
  readonly since: string;
  readonly starts: number;
  readonly cups: { readonly green: number; readonly amber: number; readonly not_shown: number };
  /** The most frequent first. A cup with two reasons counts at both. */
  readonly ambers: readonly { readonly reason: Reason; readonly cups: number }[];
  /** What people found who looked. */
  readonly found: {
    readonly green_ok: number;
    readonly green_wrong: number;
    readonly amber_ok: number;
    readonly amber_wrong: number;
  };
  /** Triggers of which no verdict came. */
  readonly missed: { readonly retriggered: number; readonly not_ready: number; readonly chatter: number };
  readonly late_judgements: number;
  readonly storage_failures: number;
  readonly stages: readonly StageTimes[];
  readonly results: { readonly delivered: number; readonly refused: number; readonly connects: number };
  readonly camera: { readonly frames: number; readonly missed: number };
  readonly infer_restarts: number;
  readonly pictures: { readonly written: number; readonly dropped: number; readonly pruned: number };
}

/** Where statistics are read from. */
export interface StatisticsSource {
  readonly since: string;
  /** What the journal has counted. */
  readonly counts: CountTable;
  /** What the station counts itself, over all starts. */
  readonly live: (name: LiveCounter) => number;
}

const rounded = (ms: number): number => Math.round(ms * 100) / 100;

function timesOf(counts: CountTable, stage: Stage): StageTimes[] {
  const buckets = counts.buckets('stage', stage);
  if (buckets.length === 0) return [];
  const maxMs = counts.value('stage_max_us', stage) / 1000;
  const percentile = (share: number): number => Math.min(maxMs, rounded(percentileMs(buckets, share, maxMs)));
  const cups = buckets.reduce((sum, [, count]) => sum + count, 0);
  return [{ stage, cups, p50_ms: percentile(0.5), p95_ms: percentile(0.95), p99_ms: percentile(0.99), max_ms: maxMs }];
}

export function summarize({ since, counts, live }: StatisticsSource): StatisticsDocument {
  const reasons = counts.labels('reason').toSorted(([a, m], [b, n]) => n - m || a.localeCompare(b));
  return {
    since,
    starts: live('starts'),
    cups: {
      green: counts.value('cups', 'green'),
      amber: counts.value('cups', 'amber'),
      not_shown: counts.value('not_shown'),
    },
    ambers: reasons.map(([reason, cups]) => ({ reason: reason as Reason, cups })),
    found: {
      green_ok: counts.value('finding', 'green_ok'),
      green_wrong: counts.value('finding', 'green_wrong'),
      amber_ok: counts.value('finding', 'amber_ok'),
      amber_wrong: counts.value('finding', 'amber_wrong'),
    },
    missed: {
      retriggered: counts.value('reason', 'retrigger'),
      not_ready: live('triggers_not_ready'),
      chatter: live('chatter_refused'),
    },
    late_judgements: live('late_judgements'),
    storage_failures: live('storage_failures'),
    stages: stages.flatMap((stage) => timesOf(counts, stage)),
    results: {
      delivered: counts.value('delivered'),
      refused: live('publishes_refused'),
      connects: live('broker_connects'),
    },
    camera: { frames: live('camera_frames'), missed: live('camera_frames_missed') },
    infer_restarts: live('infer_restarts'),
    pictures: {
      written: live('pictures_written'),
      dropped: live('pictures_dropped'),
      pruned: live('pictures_pruned'),
    },
  };
}

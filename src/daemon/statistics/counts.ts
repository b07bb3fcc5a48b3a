import type { ResultMs } from '../result.js';

/** The stages whose times are kept, in the order in which a cup passes them; `total` = from trigger to light. */
export const stages = [
  'settle',
  'frame',
  'decode',
  'quality',
  'detect',
  'crop',
  'infer',
  'judge',
  'journal',
  'light',
  'total',
] as const satisfies readonly (keyof ResultMs)[];
export type Stage = (typeof stages)[number];

/** What only the running station can count; kept now and then. Everything else is counted with its row in the journal. */
export const liveCounters = [
  'starts',
  'chatter_refused',
  'triggers_not_ready',
  'late_judgements',
  'storage_failures',
  'camera_frames',
  'camera_frames_missed',
  'infer_restarts',
  'broker_connects',
  'publishes_refused',
  'pictures_written',
  'pictures_dropped',
  'pictures_pruned',
] as const;
export type LiveCounter = (typeof liveCounters)[number];

/** What the journal counts. `stage` is a histogram; `stage_sum_us` and `stage_max_us` are its sum and its longest. */
export type CountName =
  | 'cups'
  | 'not_shown'
  | 'reason'
  | 'finding'
  | 'delivered'
  | 'stage'
  | 'stage_sum_us'
  | 'stage_max_us'
  | LiveCounter;

/** One step of a count. Whole numbers only, so that the order of steps does not matter. */
export interface Count {
  readonly name: CountName;
  /** A verdict, a reason, a stage; empty where there is one count alone. */
  readonly label: string;
  /** Of a histogram; else 0. */
  readonly bucket: number;
  readonly value: number;
  /** `add` to what is there, keep the greater (`max`), or replace it (`set`). */
  readonly by: 'add' | 'max' | 'set';
}

type Buckets = Map<number, number>;

/** Counts in memory: the same steps give the same counts as in the journal's table. Bounded by names, labels and buckets. */
export class CountTable {
  readonly #values = new Map<CountName, Map<string, Buckets>>();

  apply(counts: readonly Count[]): void {
    for (const { name, label, bucket, value, by } of counts) {
      const labels = this.#values.get(name) ?? new Map<string, Buckets>();
      this.#values.set(name, labels);
      const buckets = labels.get(label) ?? new Map<number, number>();
      labels.set(label, buckets);
      const before = buckets.get(bucket) ?? 0;
      buckets.set(bucket, by === 'add' ? before + value : by === 'max' ? Math.max(before, value) : value);
    }
  }

  /** Replaces everything. */
  reset(counts: readonly Count[]): void {
    this.#values.clear();
    this.apply(counts);
  }

  value(name: CountName, label = ''): number {
    return this.#values.get(name)?.get(label)?.get(0) ?? 0;
  }

  /** Every label of a count with its value. */
  labels(name: CountName): readonly (readonly [label: string, value: number])[] {
    return [...(this.#values.get(name) ?? [])].map(([label, buckets]) => [label, buckets.get(0) ?? 0] as const);
  }

  /** A histogram, in rising order. */
  buckets(name: CountName, label: string): readonly (readonly [bucket: number, count: number])[] {
    return [...(this.#values.get(name)?.get(label) ?? [])].toSorted(([a], [b]) => a - b);
  }

  /** Everything, as it is kept on disk. */
  all(): readonly Count[] {
    return [...this.#values].flatMap(([name, labels]) =>
      [...labels].flatMap(([label, buckets]) =>
        [...buckets].map(([bucket, value]): Count => ({ name, label, bucket, value, by: 'set' })),
      ),
    );
  }
}

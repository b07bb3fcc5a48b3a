import type { ErrorCode } from '../../errors.js';
import type { Precision } from '../../pipeline/bundle/precision.js';
import type { JudgingRules } from './cup-judging.js';
import type { CupOutcome } from './outcome.js';
import type { DetectorPicture } from './summary.js';
import type { TruthCup } from './truth.js';

/** What a worker does with each cup, and what it gives back. */
export interface WorkResults {
  /** By judge. */
  readonly judge: readonly CupOutcome[];
  readonly detect: DetectorPicture;
}
export type Work = keyof WorkResults;

/** The first message to a worker. */
export interface WorkerStart {
  readonly work: Work;
  readonly folder: string;
  /** Folder of the bundle; `null` = the shipped one. */
  readonly bundle: string | null;
  /** Names of judges; empty = the one that the bundle names. */
  readonly judges: readonly string[];
  /** Folder of a gallery that serves with it; `null` = none. */
  readonly gallery: string | null;
  readonly precision: Precision;
  readonly rules: JudgingRules;
}

/** Each later message to a worker: the cup at `index` of the truth. */
export interface CupTask {
  readonly index: number;
  readonly cup: TruthCup;
}

export interface WorkerFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

export type FromWorker<W extends Work> =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly index: number; readonly result: WorkResults[W] }
  | { readonly type: 'failed'; readonly error: WorkerFailure };

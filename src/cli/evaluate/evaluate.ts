import { CupcheckError } from '../../errors.js';
import { shippedBundle } from '../../daemon/config/shipped-bundle.js';
import { loadBundle } from '../../pipeline/bundle/load.js';
import type { JudgingRules } from './cup-judging.js';
import { KeptRun } from './kept-run.js';
import type { CupOutcome } from './outcome.js';
import { runIdentity } from './run-identity.js';
import { type DetectorPicture, type DetectorSummary, detectorSummary, type Summary, summarise } from './summary.js';
import { readTruth } from './truth.js';
import { inWorkers } from './workers.js';

export interface EvaluateOptions extends JudgingRules {
  readonly folder: string;
  /** Folder of the bundle; `null` = the shipped one. */
  readonly bundle: string | null;
  /** A JSONL file of what happened to each cup; with one, an interrupted run can go on. */
  readonly cupsOut: string | null;
  /** Processes that judge side by side. */
  readonly jobs: number;
  /** The compiled `worker.ts`. */
  readonly worker: URL;
  /** Called before the first cup, and after each; `resumed` of `done` were judged by an earlier run. */
  readonly onProgress: ((done: number, total: number, resumed: number) => void) | null;
  /** Ends the evaluation; what is judged by then is kept. */
  readonly signal: AbortSignal;
}

/** How a summary was measured. */
export interface Measured {
  /** Processes that shared the cores, one thread each: the milliseconds are not a station's. */
  readonly jobs: number;
  /** Cups that were judged by an earlier, interrupted run. */
  readonly resumed: number;
}

export type Evaluation = Summary & Measured;
export type DetectorEvaluation = DetectorSummary & { readonly pictures: number; readonly jobs: number };

const rulesOf = (options: EvaluateOptions): JudgingRules => ({
  overrideNotCovered: options.overrideNotCovered,
  threshold: options.threshold,
  sharedSides: options.sharedSides,
  minInformative: options.minInformative,
  ignoreReference: options.ignoreReference,
  ignoreScale: options.ignoreScale,
});

/**
 * Judges every cup of `folder/truth.jsonl` as its order says, one frame a cup, and sums up what became of them.
 * The outcomes do not depend on the number of jobs.
 * @throws TRUTH_INVALID, BUNDLE_*, PICTURE_* (a truth that names a bad picture is a bad truth), USAGE (`cupsOut`)
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { folder, bundle, cupsOut, jobs, worker: entry, signal, onProgress } = options;
  const cups = await readTruth(folder, false);
  const rules = rulesOf(options);
  // Read here too: a bad one is refused once, not by every worker.
  const { sha256 } = await loadBundle(bundle ?? shippedBundle);
  const kept = cupsOut === null ? null : KeptRun.open(cupsOut, await runIdentity(folder, cups, rules, sha256), cups);
  try {
    const outcomes: CupOutcome[] = [...(kept?.outcomes ?? [])];
    const resumed = outcomes.length;
    onProgress?.(resumed, cups.length, resumed);
    const onResult = (outcome: CupOutcome): void => {
      kept?.add(outcome);
      outcomes.push(outcome);
      onProgress?.(outcomes.length, cups.length, resumed);
    };
    const start = { work: 'judge', folder, bundle, rules } as const;
    await inWorkers({ entry, jobs, start, cups, from: resumed, onResult, signal });
    await kept?.finish();
    return { ...summarise(outcomes), jobs, resumed };
  } finally {
    kept?.close();
  }
}

/**
 * Runs the detector alone over pictures with boxes (`truth.jsonl` or `boxes.jsonl`).
 * @throws TRUTH_INVALID, BUNDLE_*, PICTURE_*, USAGE
 */
export async function evaluateDetector(options: EvaluateOptions): Promise<DetectorEvaluation> {
  const { folder, bundle, jobs, worker: entry, signal, onProgress } = options;
  if (options.cupsOut !== null)
    throw new CupcheckError('USAGE', '--cups-out tells of judged cups; --detector judges none');
  const cups = await readTruth(folder, true);
  await loadBundle(bundle ?? shippedBundle);
  const pictures: DetectorPicture[] = [];
  onProgress?.(0, cups.length, 0);
  const onResult = (picture: DetectorPicture): void => {
    pictures.push(picture);
    onProgress?.(pictures.length, cups.length, 0);
  };
  const start = { work: 'detect', folder, bundle, rules: rulesOf(options) } as const;
  await inWorkers({ entry, jobs, start, cups, from: 0, onResult, signal });
  return { pictures: pictures.length, jobs, ...detectorSummary(pictures) };
}

import { CupcheckError } from '../../errors.js';
import type { Bundle } from '../../pipeline/bundle/load.js';
import type { Precision } from '../../pipeline/bundle/precision.js';
import { isJudgeName, judgeNames } from '../../pipeline/judges/names.js';
import { canKnowFewer } from '../../pipeline/judges/known-designs.js';
import { judgesOf } from '../../pipeline/judges/registry.js';
import { offlineBundle } from '../offline-engine.js';
import type { JudgingRules } from './cup-judging.js';
import { KeptRun } from './kept-run.js';
import type { CupOutcome } from './outcome.js';
import { runIdentity } from './run-identity.js';
import { type DetectorPicture, type DetectorSummary, detectorSummary, type Summary, summarise } from './summary.js';
import { readTruth, type TruthCup } from './truth.js';
import { inWorkers } from './workers.js';

export interface EvaluateOptions extends JudgingRules {
  readonly folder: string;
  /** Names of judges, or `all` that the bundle has everything for; empty = the one that the bundle names. */
  readonly judges: readonly string[];
  /** Folder of the bundle; `null` = the shipped one. */
  readonly bundle: string | null;
  /** Folder of a gallery that serves with it; `null` = none. */
  readonly gallery: string | null;
  readonly precision: Precision;
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

/** What an evaluation has judged. */
export interface EvaluatedRun extends Measured {
  readonly cups: readonly TruthCup[];
  readonly bundle: Bundle;
  readonly rules: JudgingRules;
  readonly judges: readonly [string, ...string[]];
  /** One for each judge of each cup, in the order of the cups. */
  readonly outcomes: readonly CupOutcome[];
}

/** The summary of the first judge; where there are more, of each, the first again. */
export type Evaluation = Summary & Measured & { readonly judges: readonly Summary[] };
export type DetectorEvaluation = DetectorSummary & { readonly pictures: number; readonly jobs: number };

const rulesOf = (options: EvaluateOptions): JudgingRules => ({
  overrideNotCovered: options.overrideNotCovered,
  acceptUnread: options.acceptUnread,
  threshold: options.threshold,
  sharedSides: options.sharedSides,
  minInformative: options.minInformative,
  knownDesigns: options.knownDesigns,
  ignoreReference: options.ignoreReference,
  ignoreScale: options.ignoreScale,
});

/** The judges that were asked for, by name, each once. Errors: USAGE. */
function judgesAsked({ judges: asked, knownDesigns }: EvaluateOptions, bundle: Bundle): [string, ...string[]] {
  const unknown = asked.find((name) => name !== 'all' && !isJudgeName(name));
  if (unknown !== undefined)
    throw new CupcheckError('USAGE', `--judge ${unknown}: allowed are all, ${judgeNames.join(', ')}`);
  const canServe = (name: string) => knownDesigns === null || canKnowFewer(name);
  const [first = bundle.manifest.judge.name, ...others] = new Set(
    asked.flatMap((name) => (name === 'all' ? judgesOf(bundle).filter(canServe) : [name])),
  );
  const refused = [first, ...others].find((name) => !canServe(name));
  if (refused !== undefined)
    throw new CupcheckError('USAGE', `--designs: the networks of the judge ${refused} know all designs or none`);
  return [first, ...others];
}

/**
 * Judges every cup of `folder/truth.jsonl` as its order says, one frame a cup.
 * The outcomes do not depend on the number of jobs.
 * @throws TRUTH_INVALID, BUNDLE_*, PICTURE_* (a truth that names a bad picture is a bad truth), USAGE (`cupsOut`)
 */
export async function judgeCups(options: EvaluateOptions): Promise<EvaluatedRun> {
  const { folder, bundle, gallery, precision, cupsOut, jobs, worker: entry, signal, onProgress } = options;
  const cups = await readTruth(folder, false);
  const rules = rulesOf(options);
  // Read here too: a bad one is refused once, not by every worker.
  const loaded = await offlineBundle(bundle, gallery, precision);
  const judges = judgesAsked(options, loaded);
  const identity = async () => await runIdentity(folder, cups, judges, rules, loaded, precision);
  const kept = cupsOut === null ? null : KeptRun.open(cupsOut, await identity(), cups, judges.length);
  try {
    const outcomes: CupOutcome[] = [...(kept?.outcomes ?? [])];
    const resumed = outcomes.length / judges.length;
    let done = resumed;
    onProgress?.(resumed, cups.length, resumed);
    const onResult = (ofCup: readonly CupOutcome[]): void => {
      kept?.add(ofCup);
      outcomes.push(...ofCup);
      onProgress?.(++done, cups.length, resumed);
    };
    const start = { work: 'judge', folder, bundle, gallery, precision, judges, rules } as const;
    await inWorkers({ entry, jobs, start, cups, from: resumed, onResult, signal });
    await kept?.finish();
    return { cups, bundle: loaded, rules, judges, outcomes, jobs, resumed };
  } finally {
    kept?.close();
  }
}

/** Sums up what became of the cups. */
export function sumUp({ judges: [first, ...others], outcomes, jobs, resumed }: EvaluatedRun): Evaluation {
  const summaryOf = (name: string) =>
    summarise(
      name,
      outcomes.filter(({ judge }) => judge === name),
    );
  const summary = summaryOf(first);
  const all = others.length === 0 ? [] : [summary, ...others.map(summaryOf)];
  return { ...summary, judges: all, jobs, resumed };
}

/**
 * Runs the detector alone over pictures with boxes (`truth.jsonl` or `boxes.jsonl`).
 * @throws TRUTH_INVALID, BUNDLE_*, PICTURE_*, USAGE
 */
export async function evaluateDetector(options: EvaluateOptions): Promise<DetectorEvaluation> {
  const { folder, bundle, gallery, precision, jobs, worker: entry, signal, onProgress } = options;
  if (options.cupsOut !== null)
    throw new CupcheckError('USAGE', '--cups-out tells of judged cups; --detector judges none');
  const cups = await readTruth(folder, true);
  await offlineBundle(bundle, gallery, precision);
  const pictures: DetectorPicture[] = [];
  onProgress?.(0, cups.length, 0);
  const onResult = (picture: DetectorPicture): void => {
    pictures.push(picture);
    onProgress?.(pictures.length, cups.length, 0);
  };
  const start = { work: 'detect', folder, bundle, gallery, precision, judges: [], rules: rulesOf(options) } as const;
  await inWorkers({ entry, jobs, start, cups, from: 0, onResult, signal });
  return { pictures: pictures.length, jobs, ...detectorSummary(pictures) };
}

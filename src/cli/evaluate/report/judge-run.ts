import { coverageOf, type RiskPolicy } from '../../../pipeline/bundle/thresholds.js';
import type { Manifest } from '../../../pipeline/bundle/manifest.js';
import { atThreshold } from '../at-threshold.js';
import type { JudgingRules } from '../cup-judging.js';
import type { EvaluatedRun } from '../evaluate.js';
import type { CupOutcome } from '../outcome.js';
import { type Summary, summarise } from '../summary.js';

/** Where a judge's greens begin in what the report counts. */
export type Operating =
  /** The thresholds of the bundle's calibration. */
  | 'calibrated'
  /** None were calibrated for it: just above its worst false green of this run, which flatters. */
  | 'afterwards';

/** One judge's part of a run. */
export interface JudgeRun {
  readonly name: string;
  /** As judged, in the order of the truth. */
  readonly cups: readonly CupOutcome[];
  readonly summary: Summary;
  readonly operating: Operating;
  /** The cups as they are where it operates. */
  readonly operated: readonly CupOutcome[];
  readonly atWork: Summary;
}

const hasCalibration = ({ judge, thresholds, judgeThresholds }: Manifest, name: string): boolean =>
  Object.values(name === judge.name ? thresholds : (judgeThresholds?.[name] ?? {})).some(({ score }) => score !== null);

/** What the bundle's calibration alone allows, as `evaluate` judges without `--threshold`. */
const calibration = ({ acceptUnread }: JudgingRules): RiskPolicy => ({
  maxGreenIfBad: null,
  acceptBound: 'pooled',
  acceptUnread,
  overrideNotCovered: false,
  measuringScore: null,
});

/** The score that was calibrated for a design and a judge; `null` = the design is not covered. */
function calibratedScore(manifest: Manifest, id: string | null, judge: string, rules: JudgingRules): number | null {
  const design = manifest.designs.find((one) => one.id === id);
  const coverage = design === undefined ? null : coverageOf(manifest, design, calibration(rules), judge);
  return coverage?.kind === 'covered' ? coverage.threshold.score : null;
}

export function judgeRuns({ bundle: { manifest }, rules, judges, outcomes }: EvaluatedRun): JudgeRun[] {
  return judges.map((name) => {
    const cups = outcomes.filter(({ judge }) => judge === name);
    const summary = summarise(name, cups);
    const operating = hasCalibration(manifest, name) ? 'calibrated' : 'afterwards';
    const worst = summary.overEveryFalseGreen.score;
    const above = worst === null ? -Infinity : nextAbove(worst);
    const operated = atThreshold(cups, (cup) =>
      operating === 'calibrated' ? calibratedScore(manifest, cup.design, name, rules) : above,
    );
    return { name, cups, summary, operating, operated, atWork: summarise(name, operated) };
  });
}

/** Scores are of single precision: the next one is farther than this. */
const nextAbove = (score: number): number => score + Math.max(Math.abs(score), 1e-30) * 2 ** -30;

import { upperBound } from '../bound.js';
import type { CupOutcome } from '../outcome.js';
import { CONFIDENCE, impostors, isFalseGreen } from '../summary.js';
import { countedCups } from '../trials.js';

/** What a judge does at one threshold. */
export interface RiskPoint {
  readonly score: number;
  /** Share of the clean cups that are green. */
  readonly coverage: number;
  /** False greens per bad cup. */
  readonly risk: number;
  /** Upper bound of it, counted in trials (`trials.ts`). */
  readonly bound: number;
}

/** More than a plot can show. */
const mostPoints = 160;

/** A judge's thresholds from the strictest to that of the run. Empty where nothing turned green. */
export function riskCurve(cups: readonly CupOutcome[]): RiskPoint[] {
  const clean = cups.filter(({ greenAllowed }) => greenAllowed).length;
  const bad = cups.filter((cup) => !cup.greenAllowed || isFalseGreen(cup));
  const trials = countedCups(bad.map((cup) => ({ impostors: impostors(cup) })));
  // No coin is in two trials.
  const trialOf = new Map(trials.flatMap((trial) => trial.impostors.map((coin) => [coin, trial] as const)));
  const greens = cups
    .filter(({ verdict, score }) => verdict === 'green' && score !== null)
    .toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0));
  const failed = new Set<object>();
  const steps: { score: number; right: number; falseGreens: number; failed: number }[] = [];
  let [right, falseGreens] = [0, 0];
  for (const [index, cup] of greens.entries()) {
    if (isFalseGreen(cup)) {
      falseGreens++;
      for (const coin of impostors(cup)) {
        const trial = trialOf.get(coin);
        if (trial !== undefined) failed.add(trial);
      }
    } else right++;
    // Cups of one score turn green together.
    if (greens[index + 1]?.score !== cup.score)
      steps.push({ score: cup.score ?? 0, right, falseGreens, failed: failed.size });
  }
  return thinned(steps).map((step) => ({
    score: step.score,
    coverage: clean === 0 ? 0 : step.right / clean,
    risk: bad.length === 0 ? 0 : step.falseGreens / bad.length,
    bound: upperBound(step.failed, trials.length, CONFIDENCE),
  }));
}

/** As many as a plot can show: the ends, and the last before the first false green, among them. */
function thinned<T extends { readonly falseGreens: number }>(steps: readonly T[]): T[] {
  const lastRight = steps.findLastIndex(({ falseGreens }) => falseGreens === 0);
  const stride = Math.max(1, Math.ceil(steps.length / mostPoints));
  return steps.filter(
    (_, index) => index % stride === 0 || index === steps.length - 1 || index === lastRight || index === lastRight + 1,
  );
}

import type { JudgeName } from '../../../pipeline/judges/names.js';
import { upperBound } from '../bound.js';
import type { CupOutcome } from '../outcome.js';
import { CONFIDENCE } from '../summary.js';

/** Judges whose score lies between 0 and 1 and is meant as, or read as, how likely the cup is right. */
const probabilities: readonly JudgeName[] = ['vote', 'softmax-sum', 'grid', 'boosted'];

export const scoresProbability = (judge: string): boolean => (probabilities as readonly string[]).includes(judge);

export interface ScoreBin {
  /** From 0 to 1; a score of 1 is in the last bin, one below 0 in the first. */
  readonly from: number;
  readonly to: number;
  readonly meanScore: number;
  readonly cups: number;
  readonly right: number;
  /** Exact bounds of the share of right cups, one-sided each. */
  readonly low: number;
  readonly high: number;
}

const bins = 10;

/** By score: how many of the cups were what was ordered. Bins without a cup are left out. */
export function reliability(cups: readonly CupOutcome[]): ScoreBin[] {
  const found = Array.from({ length: bins }, () => ({ sum: 0, cups: 0, right: 0 }));
  for (const { score, greenAllowed } of cups) {
    if (score === null || !Number.isFinite(score)) continue;
    const bin = found[Math.max(0, Math.min(bins - 1, Math.floor(score * bins)))];
    if (bin === undefined) continue;
    bin.sum += Math.max(0, Math.min(1, score));
    bin.cups++;
    if (greenAllowed) bin.right++;
  }
  return found.flatMap(({ sum, cups: count, right }, index) =>
    count === 0
      ? []
      : [
          {
            from: index / bins,
            to: (index + 1) / bins,
            meanScore: sum / count,
            cups: count,
            right,
            low: 1 - upperBound(count - right, count, CONFIDENCE),
            high: upperBound(right, count, CONFIDENCE),
          },
        ],
  );
}

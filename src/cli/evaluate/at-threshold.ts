import type { CupOutcome } from './outcome.js';

/**
 * The outcomes of a run as they would be with other, higher thresholds: the threshold of a cup is compared with its score
 * last, so a cup is green at a threshold where it was green in the run and its score reaches it.
 * A run with `--threshold` low enough therefore tells of every threshold at once; a test holds this.
 * @param scoreOf the threshold for a cup; `null` = its design is not covered
 */
export const atThreshold = (cups: readonly CupOutcome[], scoreOf: (cup: CupOutcome) => number | null): CupOutcome[] =>
  cups.map((cup) => {
    if (cup.verdict !== 'green') return cup;
    const wanted = scoreOf(cup);
    if (wanted === null) return { ...cup, verdict: 'amber', reasons: ['not_covered'] };
    if (cup.score !== null && cup.score >= wanted) return cup;
    return { ...cup, verdict: 'amber', reasons: ['low_margin'] };
  });

import type { CupOpinion, ItemOpinion, ScoredItem } from './judge.js';
import type { ClassTable } from './resemblance.js';

/**
 * The opinion of a judge that looks at the cup as a whole: each item is taken for what the cup is. Such a judge has no
 * impostor test of its own; what is left of one is the size.
 * @param score by design: over 0 = the cup is this design and nothing speaks against it
 */
export function sameForAll(table: ClassTable, items: readonly ScoredItem[], score: Float32Array): CupOpinion {
  const opinions = items.map(({ sizeFits }): ItemOpinion => {
    const bestClass = classOfBest(table, score, (design) => sizeFits[design] !== false);
    return {
      similarity: score,
      score,
      bestClass,
      bestClassAnySize: classOfBest(table, score, () => true),
      side: null,
    };
  });
  return { items: opinions, score };
}

/** The most telling class of the best design that counts; `null` where none is over 0. */
function classOfBest(table: ClassTable, score: Float32Array, counts: (design: number) => boolean): number | null {
  let best: number | null = null;
  for (const [design, value] of score.entries())
    if (value > 0 && counts(design) && value > (best === null ? 0 : (score[best] ?? 0))) best = design;
  if (best === null) return null;
  let found: number | null = null;
  for (const [index, members] of table.designsOf.entries())
    if (members.includes(best) && (found === null || members.length < (table.designsOf[found]?.length ?? Infinity)))
      found = index;
  return found;
}

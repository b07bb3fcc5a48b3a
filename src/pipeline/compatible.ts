import type { CupFacts } from './facts.js';

/**
 * How one item stands to the design that its cup is judged as.
 * `is`: it resembles this design more than any other of its size, and is known. `other`: it resembles another design.
 * `unknown`: it resembles nothing known, or nothing known of its size.
 */
export interface ItemStanding {
  readonly look: 'is' | 'other' | 'unknown';
  /** `null` where the size is unknown. */
  readonly sizeFits: boolean | null;
  /** The design that it resembles most, of its size where one fits, else of any size; an index. Of an unknown item it is no name. */
  readonly resembles: number | null;
  /** Whether its side belongs to one design alone, among those of its size. */
  readonly informative: boolean;
  readonly score: number | null;
}

/** Designs that repeat one picture at several sizes resemble an item equally but for so much. */
const SIZE_SIBLING = 0.1;

function designsOfClass(facts: CupFacts, classIndex: number): number[] {
  const ids = facts.manifest.classes[classIndex]?.designs ?? [];
  return ids.map((id) => facts.manifest.designs.findIndex((design) => design.id === id));
}

/** The impostor test of one item. @param design index; `null` where the cup has none that the bundle knows */
export function standingOf(facts: CupFacts, item: number, design: number | null): ItemStanding {
  const opinion = facts.opinion.items[item];
  const sizes = facts.sizeFits[item] ?? [];
  const classIndex = opinion?.bestClass ?? opinion?.bestClassAnySize ?? null;
  const sizeFits = design === null ? null : (sizes[design] ?? null);
  const score = design === null ? null : (opinion?.score[design] ?? null);
  if (classIndex === null) return { look: 'unknown', sizeFits, resembles: null, informative: false, score };
  const members = designsOfClass(facts, classIndex);
  const fitting = members.filter((member) => sizes[member] !== false);
  const candidates = fitting.length > 0 ? fitting : members;
  const similarity = (index: number | undefined) => (index === undefined ? -1 : (opinion?.similarity[index] ?? -1));
  const anySize = opinion?.bestClassAnySize ?? classIndex;
  // Resembling the cup's design clearly more than anything of its own size, it is that design at a wrong size.
  const isAtWrongSize =
    design !== null &&
    sizeFits === false &&
    designsOfClass(facts, anySize).includes(design) &&
    (opinion?.bestClass === null || similarity(design) > similarity(candidates[0]) + SIZE_SIBLING);
  // It may not lead its look-alikes by enough: then it is this design on too small a margin, and no other.
  const isAtItsSize = design !== null && candidates.includes(design);
  const is = isAtItsSize || isAtWrongSize;
  const resembles = candidates[0] ?? null;
  // Like a design whose size it has not, and like none that has its size: a blank disc or a washer looks like many a worn coin.
  const other = opinion?.bestClass === null ? 'unknown' : 'other';
  return {
    look: is ? 'is' : other,
    sizeFits,
    resembles: is ? design : resembles,
    informative: candidates.length === 1,
    score,
  };
}

/** The design that most items are, of their size; of equals the one with the higher score of the worst item. `null` = none. */
export function designOfMost(facts: CupFacts): number | null {
  let best: { design: number; votes: number; score: number } | null = null;
  for (let design = 0; design < facts.manifest.designs.length; design++) {
    let votes = 0;
    for (const [item, opinion] of facts.opinion.items.entries())
      if ((opinion.score[design] ?? 0) > 0 && facts.sizeFits[item]?.[design] !== false) votes++;
    const score = facts.opinion.score[design] ?? -Infinity;
    if (votes > 0 && (best === null || votes > best.votes || (votes === best.votes && score > best.score)))
      best = { design, votes, score };
  }
  return best?.design ?? null;
}

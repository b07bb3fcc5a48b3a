import type { LookAlikes, Manifest } from '../bundle/manifest.js';
import type { CupOpinion, ItemOpinion, ScoredItem } from './judge.js';

/** The manifest's classes in the form that opinions are made with. */
export interface ClassTable {
  readonly manifest: Manifest;
  /** By class: indices of its designs. */
  readonly designsOf: readonly (readonly number[])[];
  /** By class: how much more each look-alike counts as a rival. */
  readonly margins: readonly ReadonlyMap<number, number>[];
}

export function classTable(manifest: Manifest, lookAlikes: readonly LookAlikes[]): ClassTable {
  const indexOf = new Map(manifest.designs.map((design, index) => [design.id, index]));
  const margins = manifest.classes.map(() => new Map<number, number>());
  for (const { classes, margin } of lookAlikes) {
    const [one, other] = classes;
    margins[one]?.set(other, margin);
    margins[other]?.set(one, margin);
  }
  const designsOf = manifest.classes.map(({ designs }) => designs.map((id) => indexOf.get(id) ?? -1));
  return { manifest, designsOf, margins };
}

/** The class that an item resembles most, of those over their floors; of compatible size where `sizeFits` is given. */
function best(
  table: ClassTable,
  resemblances: ArrayLike<number>,
  floors: ArrayLike<number>,
  sizeFits: ScoredItem['sizeFits'] | null,
): number | null {
  let found: number | null = null;
  let most = -Infinity;
  for (const [index, members] of table.designsOf.entries()) {
    const value = resemblances[index] ?? -Infinity;
    // A class of no design is known to nobody.
    if (members.length === 0 || value < (floors[index] ?? Infinity) || value <= most) continue;
    if (sizeFits !== null && !members.some((design) => sizeFits[design] !== false)) continue;
    found = index;
    most = value;
  }
  return found;
}

/**
 * One item's opinion from how much it resembles each class, in whatever unit: its score for a design is the resemblance
 * of the design's best class less the best of any class of compatible size that is not the design's, or less that
 * class's floor, whichever is more. A rival that looks nearly the same counts for more, by the pair's margin.
 * @param floors by class: what is below resembles nothing known
 * @param rivals by class: how much it counts as a rival, where that is more than its resemblance
 */
export function opinionFrom(
  table: ClassTable,
  resemblances: ArrayLike<number>,
  floors: ArrayLike<number>,
  sizeFits: ScoredItem['sizeFits'],
  rivals: ArrayLike<number> = resemblances,
): ItemOpinion {
  const { manifest, designsOf, margins } = table;
  const designs = manifest.designs.length;
  const own = new Float32Array(designs).fill(-Infinity);
  const ownClass = new Int32Array(designs).fill(-1);
  for (const [index, members] of designsOf.entries())
    for (const design of members) {
      const value = resemblances[index] ?? -Infinity;
      if (value <= (own[design] ?? -Infinity)) continue;
      own[design] = value;
      ownClass[design] = index;
    }
  const fitting = designsOf.flatMap((members, index) =>
    members.some((member) => sizeFits[member] !== false) ? [index] : [],
  );
  const score = new Float32Array(designs);
  for (let design = 0; design < designs; design++) {
    const mine = ownClass[design] ?? -1;
    let rival = floors[mine] ?? Infinity;
    for (const index of fitting)
      if (designsOf[index]?.includes(design) === false)
        rival = Math.max(rival, (rivals[index] ?? -Infinity) + (margins[mine]?.get(index) ?? 0));
    score[design] = (own[design] ?? -Infinity) - rival;
  }
  const bestClass = best(table, resemblances, floors, sizeFits);
  const bestClassAnySize = best(table, resemblances, floors, null);
  const known = bestClass ?? bestClassAnySize;
  const side = known === null ? null : (manifest.classes[known]?.side ?? null);
  return { similarity: own, score, bestClass, bestClassAnySize, side };
}

/** The worst item decides. */
export function worstOf(items: readonly ItemOpinion[], designs: number): CupOpinion {
  const score = new Float32Array(designs).fill(items.length === 0 ? -Infinity : Infinity);
  for (const one of items)
    for (let design = 0; design < designs; design++)
      score[design] = Math.min(score[design] ?? -Infinity, one.score[design] ?? -Infinity);
  return { items, score };
}

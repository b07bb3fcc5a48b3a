import type { Bundle } from '../bundle/load.js';
import type { LookAlikes } from '../bundle/manifest.js';
import { similarity } from '../gallery.js';
import type { CupOpinion, ItemOpinion, Judge, ScoredItem } from './judge.js';

/** By class: how much more each look-alike counts as a rival. */
function marginsByClass(classes: number, lookAlikes: readonly LookAlikes[]): ReadonlyMap<number, number>[] {
  const margins = Array.from({ length: classes }, () => new Map<number, number>());
  for (const { classes: pair, margin } of lookAlikes) {
    const [one, other] = pair;
    margins[one]?.set(other, margin);
    margins[other]?.set(one, margin);
  }
  return margins;
}

/**
 * Nearest known examples: an item's similarity to a class is the mean of its nearest gallery cosines; its score for a
 * design is that of the design's best class less the best of any class that is not the design's, or less that class's
 * floor, whichever is more. A rival that looks nearly the same counts for more, by the pair's margin: only a clear lead
 * over it counts. The worst item is the cup's score.
 */
export function metricJudge({ manifest, gallery }: Bundle): Judge {
  const { neighbours, unknownSimilarity, lookAlikes = [] } = manifest.judge;
  const floors = manifest.classes.map((one) => one.unknownSimilarity ?? unknownSimilarity);
  const margins = marginsByClass(manifest.classes.length, lookAlikes);
  const designIndex = new Map(manifest.designs.map((design, index) => [design.id, index]));
  const classDesigns = manifest.classes.map((one) => one.designs.map((id) => designIndex.get(id) ?? -1));
  const designs = manifest.designs.length;

  function best(sims: Float64Array, sizeFits: ScoredItem['sizeFits'] | null): number | null {
    let found: number | null = null;
    for (const [index, sim] of sims.entries()) {
      if (sim < (floors[index] ?? 1) || sim <= (found === null ? -Infinity : (sims[found] ?? -Infinity))) continue;
      if (sizeFits === null || classDesigns[index]?.some((design) => sizeFits[design] !== false)) found = index;
    }
    return found;
  }

  function opinion(item: ScoredItem): ItemOpinion {
    const sims = Float64Array.from(gallery.byClass, (vectors) => similarity(item.embedding, vectors, neighbours));
    const own = new Float32Array(designs).fill(-1);
    const ownClass = new Int32Array(designs).fill(-1);
    const score = new Float32Array(designs);
    for (const [index, members] of classDesigns.entries())
      for (const design of members) {
        if ((sims[index] ?? -1) <= (own[design] ?? -1)) continue;
        own[design] = sims[index] ?? -1;
        ownClass[design] = index;
      }
    const fits = classDesigns.map((members) => members.some((member) => item.sizeFits[member] !== false));
    for (let design = 0; design < designs; design++) {
      const mine = ownClass[design] ?? -1;
      let rival = floors[mine] ?? 1;
      for (const [index, members] of classDesigns.entries())
        if (fits[index] === true && !members.includes(design))
          rival = Math.max(rival, (sims[index] ?? -1) + (margins[mine]?.get(index) ?? 0));
      score[design] = (own[design] ?? -1) - rival;
    }
    const bestClass = best(sims, item.sizeFits);
    const bestClassAnySize = best(sims, null);
    const known = bestClass ?? bestClassAnySize;
    const side = known === null ? null : (manifest.classes[known]?.side ?? null);
    return { similarity: own, score, bestClass, bestClassAnySize, side };
  }

  return {
    name: 'metric',
    judge(items): CupOpinion {
      const opinions = items.map(opinion);
      const score = new Float32Array(designs).fill(items.length === 0 ? -Infinity : Infinity);
      for (const one of opinions)
        for (let design = 0; design < designs; design++)
          score[design] = Math.min(score[design] ?? -Infinity, one.score[design] ?? -Infinity);
      return { items: opinions, score };
    },
  };
}

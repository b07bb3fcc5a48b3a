import type { Bundle } from '../bundle/load.js';
import { similarity } from '../gallery.js';
import type { CupOpinion, ItemOpinion, Judge, ScoredItem } from './judge.js';

/**
 * Nearest known examples: an item's similarity to a class is the mean of its nearest gallery cosines; its score for a
 * design is that of the design's best class less the best of any class that is not the design's, or less
 * `unknownSimilarity`, whichever is more. The worst item is the cup's score.
 */
export function metricJudge({ manifest, gallery }: Bundle): Judge {
  const { neighbours, unknownSimilarity } = manifest.judge;
  const designIndex = new Map(manifest.designs.map((design, index) => [design.id, index]));
  const classDesigns = manifest.classes.map((one) => one.designs.map((id) => designIndex.get(id) ?? -1));
  const designs = manifest.designs.length;

  function best(sims: Float64Array, sizeFits: ScoredItem['sizeFits'] | null): number | null {
    let found: number | null = null;
    for (const [index, sim] of sims.entries()) {
      if (sim < unknownSimilarity || sim <= (found === null ? -Infinity : (sims[found] ?? -Infinity))) continue;
      if (sizeFits === null || classDesigns[index]?.some((design) => sizeFits[design] !== false)) found = index;
    }
    return found;
  }

  function opinion(item: ScoredItem): ItemOpinion {
    const sims = Float64Array.from(gallery.byClass, (vectors) => similarity(item.embedding, vectors, neighbours));
    const own = new Float32Array(designs).fill(-1);
    const score = new Float32Array(designs);
    for (const [index, members] of classDesigns.entries())
      for (const design of members) own[design] = Math.max(own[design] ?? -1, sims[index] ?? -1);
    for (let design = 0; design < designs; design++) {
      let rival = unknownSimilarity;
      for (const [index, members] of classDesigns.entries()) {
        if (members.includes(design) || !members.some((member) => item.sizeFits[member] !== false)) continue;
        rival = Math.max(rival, sims[index] ?? -1);
      }
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

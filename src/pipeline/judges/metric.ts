import type { Bundle } from '../bundle/load.js';
import { similarity } from '../gallery.js';
import type { CupOpinion, Judge, ScoredItem } from './judge.js';
import { classTable, opinionFrom, worstOf } from './resemblance.js';

/**
 * Nearest known examples: an item's similarity to a class is the mean of its nearest gallery cosines. For vectors of
 * length 1 the Euclidean distance gives the same order: its square is 2 − 2 × cosine.
 */
export function metricOpinion({ manifest, gallery }: Bundle): (items: readonly ScoredItem[]) => CupOpinion {
  const { neighbours, unknownSimilarity, lookAlikes = [] } = manifest.judge;
  const floors = manifest.classes.map((one) => one.unknownSimilarity ?? unknownSimilarity);
  const table = classTable(manifest, lookAlikes);
  return (items) => {
    const opinions = items.map(({ embedding, sizeFits }) => {
      const cosines = Float64Array.from(gallery.byClass, (vectors) => similarity(embedding, vectors, neighbours));
      return opinionFrom(table, cosines, floors, sizeFits);
    });
    return worstOf(opinions, manifest.designs.length);
  };
}

export function metricJudge(bundle: Bundle): Judge {
  const opinion = metricOpinion(bundle);
  return { name: 'metric', judge: ({ items }) => Promise.resolve(opinion(items)) };
}

import type { Bundle } from '../bundle/load.js';
import { sameForAll } from './cup-wide.js';
import type { Judge } from './judge.js';
import { classTable } from './resemblance.js';

/**
 * The mean of the cup's embeddings against the mean of each design's known ones, by Euclidean distance: the usual way to
 * name a set of pictures. One wrong item among many moves the mean little.
 */
export function metricMeanJudge({ manifest, gallery }: Bundle): Judge {
  const { dim } = gallery;
  const table = classTable(manifest, []);
  const centres = manifest.designs.map((_, design) =>
    meanOf(
      gallery.byClass.flatMap((vectors, index) => (table.designsOf[index]?.includes(design) === true ? [vectors] : [])),
      dim,
    ),
  );
  return {
    name: 'metric-mean',
    judge({ items }) {
      const mean = meanOf(
        items.map(({ embedding }) => embedding),
        dim,
      );
      const distances = centres.map((centre) =>
        centre === null
          ? Infinity
          : Math.sqrt(centre.reduce((sum, value, k) => sum + (value - (mean?.[k] ?? 0)) ** 2, 0)),
      );
      const nearest = distances.toSorted((a, b) => a - b);
      const score = Float32Array.from(distances, (own) => {
        const rival = own === nearest[0] ? nearest[1] : nearest[0];
        return items.length === 0 ? -Infinity : Math.min(rival ?? farthest, farthest) - own;
      });
      return Promise.resolve(sameForAll(table, items, score));
    },
  };
}

/** Vectors of length 1, and means of them, lie no farther apart. */
const farthest = 2;

/** Mean of all rows of `dim` values in these arrays; `null` = there is no row. */
function meanOf(blocks: readonly Float32Array[], dim: number): Float64Array | null {
  const sum = new Float64Array(dim);
  let rows = 0;
  for (const block of blocks)
    for (let at = 0; at < block.length; at += dim, rows++)
      for (let k = 0; k < dim; k++) sum[k] = (sum[k] ?? 0) + (block[at + k] ?? 0);
  return rows === 0 ? null : sum.map((value) => value / rows);
}

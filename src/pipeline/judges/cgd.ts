import { similarities } from '../gallery.js';
import type { Judge } from './judge.js';
import { featuresOf, galleryOf, head, type JudgeParts, judgeSpec } from './parts.js';
import { classTable, opinionFrom, worstOf } from './resemblance.js';

/** As `metric`, on combined global descriptors (sum, maximum and generalised mean of the map; arXiv 1903.10663). */
export function cgdJudge(parts: JudgeParts): Judge {
  const { manifest } = parts.bundle;
  const { unknownSimilarity, lookAlikes = [] } = judgeSpec(parts, 'cgd');
  const gallery = galleryOf(parts, 'cgd');
  const describe = head(parts, 'cgd', 'descriptor');
  const table = classTable(manifest, lookAlikes);
  const floors = manifest.classes.map(() => unknownSimilarity);
  const { neighbours } = manifest.judge;
  return {
    name: 'cgd',
    async judge({ items }) {
      const descriptors = await describe(featuresOf(items));
      const opinions = items.map(({ sizeFits }, index) => {
        const own = descriptors[index] ?? new Float32Array(gallery.dim);
        return opinionFrom(table, similarities(own, gallery, neighbours), floors, sizeFits);
      });
      return worstOf(opinions, manifest.designs.length);
    },
  };
}

import { metricOpinion } from './metric.js';
import type { Judge } from './judge.js';
import { type JudgeParts, judgeSpec } from './parts.js';
import { classTable, opinionFrom, worstOf } from './resemblance.js';
import { probabilities } from './softmax.js';

/** The score of an item that the classifier takes for another design: surely not confirmed. */
const REFUSED = -1;

/**
 * The nearest examples decide, and the classifier must agree: an item is confirmed where its likeliest class, of those of
 * its size, is the design's too. The two err on different items, and neither can make up for the other. Of designs that
 * were taught on the device the classifier knows nothing: there it is not asked.
 */
export function combinedJudge(parts: JudgeParts): Judge {
  const { manifest } = parts.bundle;
  const { scale } = judgeSpec(parts, 'softmax');
  const opine = metricOpinion(parts.bundle);
  const table = classTable(manifest, []);
  const trained = Number(manifest.networks.items.outputs.scores[1]);
  const isTrained = manifest.designs.map((_, design) =>
    table.designsOf.slice(0, trained).some((members) => members.includes(design)),
  );
  const noFloors = new Float64Array(manifest.classes.length).fill(-Infinity);
  return {
    name: 'combined',
    judge({ items }) {
      const opinions = opine(items).items.map((opinion, index) => {
        const item = items[index];
        if (item === undefined) return opinion;
        const { bestClass } = opinionFrom(table, probabilities(item, scale), noFloors, item.sizeFits);
        const agreed = bestClass === null ? [] : (table.designsOf[bestClass] ?? []);
        const score = opinion.score.map((value, design) =>
          isTrained[design] === true && !agreed.includes(design) ? Math.min(value, REFUSED) : value,
        );
        return { ...opinion, score };
      });
      return Promise.resolve(worstOf(opinions, manifest.designs.length));
    },
  };
}

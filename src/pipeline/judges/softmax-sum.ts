import type { Judge } from './judge.js';
import { leads } from './leads.js';
import { type JudgeParts, judgeSpec } from './parts.js';
import { classTable, opinionFrom } from './resemblance.js';
import { byDesign, probabilities } from './softmax.js';

const SMALLEST = 1e-12;

/**
 * The items' class probabilities, or their logarithms, summed: a cup's score for a design is the mean of its items' less
 * that of the best other design. Knows nothing unknown.
 */
export function softmaxSumJudge(parts: JudgeParts, of: 'probability' | 'logarithm'): Judge {
  const { manifest } = parts.bundle;
  const { scale } = judgeSpec(parts, 'softmax');
  const table = classTable(manifest, []);
  const floors = new Float64Array(manifest.classes.length).fill(-Infinity);
  const designs = manifest.designs.length;
  const counted = (value: number) => (of === 'probability' ? value : Math.log(Math.max(value, SMALLEST)));
  return {
    name: of === 'probability' ? 'softmax-sum' : 'log-softmax-sum',
    judge({ items }) {
      const mean = new Float64Array(designs);
      const opinions = items.map((item) => {
        const byClass = probabilities(item, scale);
        const ofDesign = byDesign(table, byClass);
        for (let design = 0; design < designs; design++)
          mean[design] = (mean[design] ?? 0) + counted(ofDesign[design] ?? 0) / items.length;
        return opinionFrom(table, byClass, floors, item.sizeFits);
      });
      return Promise.resolve({ items: opinions, score: leads(mean, items.length) });
    },
  };
}

import { cgdJudge } from './cgd.js';
import type { ItemOpinion, Judge } from './judge.js';
import { metricOpinion } from './metric.js';
import { multiLabelJudge } from './multi-label.js';
import type { JudgeParts } from './parts.js';
import { worstOf } from './resemblance.js';
import { specialistJudge } from './specialist.js';

/** Where judges of different scales must all agree: what an item's score is at most where one of them says no. */
const REFUSED = -1;

/**
 * The metric judge, whose score counts, and others that can only say no: an item is confirmed where each of them has it
 * ahead of every rival too.
 */
export function combinedJudge(parts: JudgeParts): Judge {
  const others = [cgdJudge(parts), multiLabelJudge(parts), specialistJudge(parts)];
  const first = metricOpinion(parts.bundle);
  const designs = parts.bundle.manifest.designs.length;
  return {
    name: 'combined',
    async judge(cup) {
      const { items } = first(cup.items);
      const doubts: (readonly ItemOpinion[])[] = [];
      for (const other of others) doubts.push((await other.judge(cup)).items);
      const opinions = items.map((opinion, index) => ({
        ...opinion,
        score: opinion.score.map((score, design) =>
          doubts.every((by) => (by[index]?.score[design] ?? -1) > 0) ? score : Math.min(score, REFUSED),
        ),
      }));
      return worstOf(opinions, designs);
    },
  };
}

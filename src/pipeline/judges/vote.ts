import type { Judge } from './judge.js';
import { type JudgeParts, judgeSpec } from './parts.js';
import { classTable, opinionFrom } from './resemblance.js';
import { probabilities } from './softmax.js';

/**
 * Each item votes for the designs of its likeliest class; a cup's score is the share of its items that vote for the
 * design. It knows nothing unknown, and has no threshold to raise over "all of them".
 */
export function voteJudge(parts: JudgeParts): Judge {
  const { manifest } = parts.bundle;
  const { scale } = judgeSpec(parts, 'softmax');
  const table = classTable(manifest, []);
  const floors = new Float64Array(manifest.classes.length).fill(-Infinity);
  return {
    name: 'vote',
    judge({ items }) {
      const opinions = items.map((item) => {
        const opinion = opinionFrom(table, probabilities(item, scale), floors, item.sizeFits);
        const voted = new Set(opinion.bestClass === null ? [] : table.designsOf[opinion.bestClass]);
        return { ...opinion, score: opinion.score.map((_, design) => (voted.has(design) ? 1 : -1)) };
      });
      const score = Float32Array.from(manifest.designs, (_, design) =>
        items.length === 0 ? -Infinity : opinions.filter((one) => one.score[design] === 1).length / items.length,
      );
      return Promise.resolve({ items: opinions, score });
    },
  };
}

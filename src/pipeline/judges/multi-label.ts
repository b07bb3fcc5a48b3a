import type { Judge } from './judge.js';
import { featuresOf, head, type JudgeParts } from './parts.js';
import { classTable, opinionFrom, worstOf } from './resemblance.js';

/** log σ(x), without overflow. */
const logSigmoid = (x: number) => (x > 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x)));

/**
 * A yes or no by design, each on its own: "could be both" where a side is shared, "none of these" where all are no.
 * A class is as likely as yes for its designs and no for all others; "no for all" is the floor that it must pass.
 */
export function multiLabelJudge(parts: JudgeParts): Judge {
  const { manifest } = parts.bundle;
  const label = head(parts, 'multi-label', 'labels');
  const table = classTable(manifest, []);
  return {
    name: 'multi-label',
    async judge({ items }) {
      const labels = await label(featuresOf(items));
      const opinions = items.map(({ sizeFits, sideLogits }, index) => {
        const logits = labels[index] ?? new Float32Array(manifest.designs.length);
        const none = logits.reduce((sum, logit) => sum + logSigmoid(-logit), 0);
        // log σ(x) − log σ(−x) = x: a yes in the place of a no adds the logit.
        const likelihood = Float64Array.from(table.designsOf, (members) =>
          members.reduce((sum, design) => sum + (logits[design] ?? 0), none),
        );
        const floors = new Float64Array(likelihood.length).fill(none);
        const opinion = opinionFrom(table, likelihood, floors, sizeFits);
        const side = opinion.side === null ? null : sideLogits[0] > sideLogits[1] ? 'obverse' : 'reverse';
        return { ...opinion, side } as const;
      });
      return worstOf(opinions, manifest.designs.length);
    },
  };
}

import { CupcheckError } from '../../errors.js';
import type { ItemOpinion, Judge, ScoredItem } from './judge.js';
import { metricOpinion } from './metric.js';
import { head, type JudgeParts, judgeSpec } from './parts.js';
import { classTable } from './resemblance.js';

/** What the trees look at: a cup held against one design. The order is the manifest's. */
type Feature = (seen: {
  readonly items: readonly ScoredItem[];
  readonly opinions: readonly ItemOpinion[];
  readonly design: number;
  readonly voters: number;
}) => number;

const smallest = (values: readonly number[]) => Math.min(...values);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const scores = (opinions: readonly ItemOpinion[], design: number) => opinions.map((one) => one.score[design] ?? -1);
const similarities = (opinions: readonly ItemOpinion[], design: number) =>
  opinions.map((one) => one.similarity[design] ?? -1);

const features: Readonly<Record<string, Feature>> = {
  items: ({ items }) => items.length,
  votes: ({ items, voters }) => voters / items.length,
  score_min: ({ opinions, design }) => smallest(scores(opinions, design)),
  score_mean: ({ opinions, design }) => mean(scores(opinions, design)),
  score_second: ({ opinions, design }) =>
    scores(opinions, design).toSorted((a, b) => a - b)[1] ?? smallest(scores(opinions, design)),
  similarity_min: ({ opinions, design }) => smallest(similarities(opinions, design)),
  similarity_mean: ({ opinions, design }) => mean(similarities(opinions, design)),
  similarity_spread: ({ opinions, design }) =>
    Math.max(...similarities(opinions, design)) - smallest(similarities(opinions, design)),
  size_fits: ({ items, design }) => items.filter(({ sizeFits }) => sizeFits[design] === true).length / items.length,
};

/**
 * Gradient-boosted trees over what the metric judge thinks of the items: P(this cup is all of this design). The items'
 * own impostor test stays the metric judge's.
 */
export function boostedJudge(parts: JudgeParts): Judge {
  const { manifest } = parts.bundle;
  const wanted = judgeSpec(parts, 'boosted').features.map((name) => {
    const feature = features[name];
    if (feature === undefined)
      throw new CupcheckError(
        'BUNDLE_INVALID',
        `manifest.json: /judges/boosted/features names "${name}", known are ${Object.keys(features).join(', ')}`,
      );
    return feature;
  });
  const opine = metricOpinion(parts.bundle);
  const trees = head(parts, 'boosted', 'right');
  const table = classTable(manifest, []);
  return {
    name: 'boosted',
    async judge({ items }) {
      const { items: opinions } = opine(items);
      if (items.length === 0) return { items: [], score: new Float32Array(manifest.designs.length).fill(-Infinity) };
      const rows = manifest.designs.map((_, design) => {
        const voters = opinions.filter(
          ({ bestClass }) => bestClass !== null && table.designsOf[bestClass]?.includes(design) === true,
        ).length;
        return Float32Array.from(wanted, (feature) => feature({ items, opinions, design, voters }));
      });
      const right = await trees(rows);
      return { items: opinions, score: Float32Array.from(right, ([probability = 0]) => probability) };
    },
  };
}

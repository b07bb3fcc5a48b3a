import { CupcheckError } from '../../errors.js';
import type { ItemOpinion, Judge, ScoredItem } from './judge.js';
import { metricOpinion } from './metric.js';
import { head, type JudgeParts, judgeSpec } from './parts.js';
import { type ClassTable, classTable } from './resemblance.js';

/** A cup held against one design. All lists are by item; there is at least one. */
interface Held {
  readonly scores: readonly number[];
  readonly similarities: readonly number[];
  /** By item: the designs of its best class; empty where it is nothing known. */
  readonly best: readonly (readonly number[])[];
  readonly design: number;
  /** Whether its size fits; an unknown size does. */
  readonly fits: readonly boolean[];
  /** The largest similarity of an item to a design that shares no side with this one and has the item's size; −1 = none. */
  readonly highestRival: number;
}

const lowest = (values: readonly number[]) => Math.min(...values);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const second = (values: readonly number[]) => values.toSorted((a, b) => a - b)[1] ?? lowest(values);
const share = <T>(list: readonly T[], is: (one: T) => boolean) => list.filter(is).length / list.length;

/** What the trees are told; `models/train/boosted_features.py` computes the same for their training. */
const features: Readonly<Record<string, (held: Held) => number>> = {
  count: ({ scores }) => scores.length,
  ofDesign: ({ best, design }) => share(best, (designs) => designs.includes(design)),
  known: ({ best }) => share(best, (designs) => designs.length > 0),
  lowestScore: ({ scores }) => lowest(scores),
  meanScore: ({ scores }) => mean(scores),
  secondScore: ({ scores }) => second(scores),
  lowestSimilarity: ({ similarities }) => lowest(similarities),
  meanSimilarity: ({ similarities }) => mean(similarities),
  secondSimilarity: ({ similarities }) => second(similarities),
  highestRival: ({ highestRival }) => highestRival,
  uninformative: ({ best }) => share(best, (designs) => designs.length > 1),
  sizeFits: ({ fits }) => share(fits, (one) => one),
  spread: ({ similarities }) => Math.max(...similarities) - lowest(similarities),
};

function held(table: ClassTable, items: readonly ScoredItem[], opinions: readonly ItemOpinion[], design: number): Held {
  const siblings = new Set(table.designsOf.filter((members) => members.includes(design)).flat());
  const rivals = opinions.flatMap(({ similarity }, index) =>
    Array.from(similarity, (value, other) =>
      !siblings.has(other) && items[index]?.sizeFits[other] !== false ? value : -1,
    ),
  );
  return {
    scores: opinions.map(({ score }) => score[design] ?? -1),
    similarities: opinions.map(({ similarity }) => similarity[design] ?? -1),
    best: opinions.map(({ bestClass }) => (bestClass === null ? [] : (table.designsOf[bestClass] ?? []))),
    design,
    fits: items.map(({ sizeFits }) => sizeFits[design] !== false),
    highestRival: Math.max(-1, ...rivals),
  };
}

/**
 * Gradient-boosted trees over what the metric judge thinks of the items: P(this cup is all of this design). The items'
 * own impostor test stays the metric judge's.
 */
export function boostedJudge(parts: JudgeParts): Judge {
  const { manifest } = parts.bundle;
  const wanted = judgeSpec(parts, 'boosted').features.map((name) => {
    const feature = Object.hasOwn(features, name) ? features[name] : undefined;
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
        const cup = held(table, items, opinions, design);
        return Float32Array.from(wanted, (feature) => feature(cup));
      });
      const right = await trees(rows);
      return { items: opinions, score: Float32Array.from(right, ([probability = 0]) => probability) };
    },
  };
}

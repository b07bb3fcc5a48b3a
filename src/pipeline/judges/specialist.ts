import { cropItems } from '../crop.js';
import { type Gallery, similarity } from '../gallery.js';
import type { Judge, ItemOpinion, CupSeen } from './judge.js';
import { metricOpinion } from './metric.js';
import { galleryOf, head, type JudgeParts, judgeSpec } from './parts.js';
import { worstOf } from './resemblance.js';
import { lookAt } from './second-look.js';

/** Nearest examples of a class that a pair is verified against. */
const PAIRS = 2;

/**
 * A second stage for items whose best class is often taken for another: a larger crop, described by a network that was
 * taught to tell these classes apart, and a verifier that is shown the item beside known ones. An item keeps its score
 * only so far as both agree with it; they can lower a score and never raise one.
 */
export function specialistJudge(parts: JudgeParts): Judge {
  const { manifest } = parts.bundle;
  const { groups, px } = judgeSpec(parts, 'specialist');
  const gallery = galleryOf(parts, 'specialist');
  const first = metricOpinion(parts.bundle);
  const describe = head(parts, 'specialist', 'descriptor');
  const verify = head(parts, 'verifier', 'same');
  const spec = manifest.networks.items;
  const larger = { ...spec, input: { ...spec.input, shape: ['N', 3, px, px] as const } };
  const groupOf = new Map(groups.flatMap((group) => group.map((one) => [one, group] as const)));
  const designs = manifest.designs.length;

  async function second(
    cup: CupSeen,
    opinion: ItemOpinion,
    descriptor: Float32Array,
    index: number,
  ): Promise<ItemOpinion> {
    const own = opinion.bestClass ?? -1;
    const sizeFits = cup.items[index]?.sizeFits ?? [];
    const rivals = (groupOf.get(own) ?? []).filter(
      (one) => one !== own && manifest.classes[one]?.designs.some((id) => sizeFits[designAt(id)] !== false),
    );
    if (rivals.length === 0) return opinion;
    const cosine = (one: number) => similarity(descriptor, gallery.byClass[one] ?? new Float32Array(), PAIRS);
    const lead = cosine(own) - Math.max(...rivals.map(cosine));
    const pairs = nearestRows(descriptor, gallery, own).map((row) => joined(descriptor, row));
    const logits = (await verify(pairs)).map(([logit = -Infinity]) => logit);
    const same = logits.length === 0 ? -Infinity : logits.reduce((sum, logit) => sum + logit, 0) / logits.length;
    const most = Math.min(lead, Math.tanh(same));
    const members = new Set((manifest.classes[own]?.designs ?? []).map(designAt));
    return {
      ...opinion,
      score: opinion.score.map((score, design) => (members.has(design) ? Math.min(score, most) : score)),
    };
  }

  const designAt = (id: string) => manifest.designs.findIndex((design) => design.id === id);

  return {
    name: 'specialist',
    async judge(cup) {
      const { items } = first(cup.items);
      const doubtful = items.flatMap(({ bestClass }, index) =>
        bestClass !== null && groupOf.has(bestClass) ? [index] : [],
      );
      if (doubtful.length === 0) return worstOf(items, designs);
      const outlines = cup.outlines.filter((_, index) => doubtful.includes(index));
      const crops = cropItems(cup.picture, outlines, larger);
      const look = await lookAt(parts, { data: crops.data, count: crops.count, height: px, width: px });
      const descriptors = await describe(look.features);
      const opinions = [...items];
      for (const [at, index] of doubtful.entries()) {
        const [opinion, descriptor] = [items[index], descriptors[at]];
        if (opinion !== undefined && descriptor !== undefined)
          opinions[index] = await second(cup, opinion, descriptor, index);
      }
      return worstOf(opinions, designs);
    },
  };
}

/** The known ones of a class that are nearest. */
function nearestRows(to: Float32Array, { dim, byClass }: Gallery, ofClass: number): Float32Array[] {
  const rows = byClass[ofClass] ?? new Float32Array();
  const all = Array.from({ length: rows.length / dim }, (_, at) => rows.subarray(at * dim, (at + 1) * dim));
  const cosines = new Map(all.map((row) => [row, row.reduce((sum, value, k) => sum + value * (to[k] ?? 0), 0)]));
  return all.toSorted((a, b) => (cosines.get(b) ?? 0) - (cosines.get(a) ?? 0)).slice(0, PAIRS);
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../../src/pipeline/bundle/load.js';
import { coverageOf } from '../../../src/pipeline/bundle/thresholds.js';
import { metricOpinion } from '../../../src/pipeline/judges/metric.js';
import { extendBundle } from '../../../src/pipeline/taught/extend-bundle.js';
import { knownItems } from '../../../src/pipeline/taught/known-items.js';
import { replay } from '../../../src/pipeline/taught/replay.js';
import { parseGallery, serialiseGallery, type TaughtGallery } from '../../../src/pipeline/taught/taught-gallery.js';
import { bundle as drawn, classes } from '../../fixtures/cup-facts.js';
import { addition, network, taught, towards } from '../../fixtures/taught.js';

/** Two examples a class, a little apart, so that one can be judged by the other. */
const bundle: Bundle = {
  ...drawn,
  manifest: { ...drawn.manifest, gallery: { ...drawn.manifest.gallery, networkSha256: network } },
  gallery: {
    dim: 8,
    byClass: classes.map((_, axis) => Float32Array.from([...towards(axis, 7, 0.05), ...towards(axis, 7, 0.02)])),
  },
};
const WHALE = 6;
const SHIP = 0;
const whales = taught([addition(1, 'whale', towards(WHALE)), addition(2, 'whale', towards(WHALE, 7, 0.1))]);

const itemOf = (embedding: Float32Array, designs: number) => ({
  embedding,
  classScores: new Float32Array(0),
  sideLogits: [0, 0] as const,
  features: null,
  sizeFits: Array.from({ length: designs }, () => null),
});
function opinionOf(used: Bundle, embedding: Float32Array) {
  const opinion = metricOpinion(used)([itemOf(embedding, used.manifest.designs.length)]).items[0];
  if (opinion === undefined) throw new Error('no opinion');
  return opinion;
}
const scoreOf = (used: Bundle, embedding: Float32Array, design: string) =>
  opinionOf(used, embedding).score[used.manifest.designs.findIndex(({ id }) => id === design)] ?? Number.NaN;

/** Embeddings from a fixed sequence, all over the sphere and close to known things. */
function* embeddings(): Generator<Float32Array> {
  let seed = 1;
  const next = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let at = 0; at < 400; at++) {
    const axis = Math.floor(next() * 8);
    const other = Math.floor(next() * 8);
    yield towards(axis, other, next() * 0.6);
  }
}

describe('what was taught and serves', () => {
  const serving = extendBundle(bundle, { serving: whales, candidate: null });

  it('confirms items of the design, and of no other', () => {
    expect(scoreOf(serving, towards(WHALE, 7, 0.05), 'whale')).toBeGreaterThan(0.3);
    expect(scoreOf(serving, towards(SHIP), 'whale')).toBeLessThan(0);
    expect(scoreOf(serving, towards(SHIP), 'ship')).toBeGreaterThan(0.3);
  });

  it('is not covered, unless an operator overrides it', () => {
    const whale = serving.manifest.designs.find(({ id }) => id === 'whale');
    if (whale === undefined) throw new Error('no whale');
    const risk = {
      maxGreenIfBad: null,
      acceptBound: 'pooled' as const,
      acceptUnread: false,
      overrideNotCovered: false,
      measuringScore: null,
    };
    expect(coverageOf(serving.manifest, whale, risk, 'metric').kind).toBe('not_covered');
    expect(coverageOf(serving.manifest, whale, { ...risk, overrideNotCovered: true }, 'metric').kind).toBe(
      'overridden',
    );
  });

  it('has a digest of its own, and an undone addition is no evidence', () => {
    expect(serving.gallerySha256).toMatch(/^[0-9a-f]{64}$/);
    const undone = taught(whales.additions.map((one) => ({ ...one, undone: { when: one.when, who: 'ben' } })));
    const without = extendBundle(bundle, { serving: undone, candidate: null });
    expect(without.gallerySha256).not.toBe(serving.gallerySha256);
    expect(scoreOf(without, towards(WHALE), 'whale')).toBeLessThan(0);
  });

  it('needs a clear lead over a class that looks nearly the same', () => {
    const alike = taught([
      addition(1, 'whale', towards(SHIP, WHALE, 0.5)),
      addition(2, 'whale', towards(SHIP, WHALE, 0.5)),
    ]);
    const { lookAlikes } = extendBundle(bundle, { serving: alike, candidate: null }).manifest.judge;
    const pair = lookAlikes?.find(({ classes: [one] }) => one === SHIP);
    // 2 × (cosine − 0.3); the two examples of the ship are a little off its axis.
    expect(pair?.margin).toBeGreaterThan(0.7);
    expect(pair?.margin).toBeLessThan(0.85);
  });

  it('is refused with another network than its own', () => {
    expect(() => extendBundle(bundle, { serving: taught([], [], 'c'.repeat(64)), candidate: null })).toThrow(
      expect.objectContaining({ code: 'GALLERY_NETWORK' }),
    );
  });
});

describe('what was taught and does not serve', () => {
  const more: TaughtGallery = taught([
    ...whales.additions,
    addition(3, 'ship', towards(1, 0, 0.3)),
    addition(4, 'whale', towards(0, 5, 0.4), { side: null }),
  ]);

  it.each([
    ['beside the bundle', null],
    ['beside what serves', whales],
  ])('never raises a score, %s', (_, serving) => {
    const before = extendBundle(bundle, { serving, candidate: null });
    const after = extendBundle(bundle, { serving, candidate: more });
    let lowered = 0;
    for (const embedding of embeddings())
      for (const { id } of before.manifest.designs) {
        const [was, is] = [scoreOf(before, embedding, id), scoreOf(after, embedding, id)];
        expect(is).toBeLessThanOrEqual(was);
        if (is < was) lowered++;
      }
    expect(lowered).toBeGreaterThan(50);
  });

  it('confirms nothing as the new design', () => {
    const after = extendBundle(bundle, { serving: null, candidate: more });
    for (const embedding of embeddings()) expect(scoreOf(after, embedding, 'whale')).toBeLessThan(0);
  });
});

describe('a replay of all known items', () => {
  const run = (next: TaughtGallery, serving: TaughtGallery | null = null) => {
    const before = extendBundle(bundle, { serving, candidate: null });
    const after = extendBundle(bundle, { serving: next, candidate: null });
    const items = knownItems(bundle, { bundle: before, gallery: serving }, { bundle: after, gallery: next });
    return replay(items, before, after, true);
  };

  it('finds nothing against a design that looks like no other', () => {
    const { harms, before, after } = run(whales);
    expect(harms).toEqual([]);
    expect(after.right).toBe(before.right + 2);
  });

  it('finds a picture that was taught under a wrong name', () => {
    const wrong = taught([...whales.additions, addition(3, 'whale', towards(SHIP))]);
    expect(run(wrong).harms).toContainEqual({ kind: 'impostor', item: 'picture 3 of whale/obverse', design: 'ship' });
  });

  it('finds known items that would pass as the taught design', () => {
    const wrong = taught([1, 2].map((id) => addition(id, 'whale', towards(SHIP, 7, 0.03))));
    const harms = run(wrong).harms.filter(({ item }) => item.includes('ship/obverse'));
    expect(harms).toContainEqual({ kind: 'lost', item: 'example 1 of ship/obverse', design: 'ship' });
  });

  it('finds a picture of a thing unlike any other that was taught for a design of the bundle', () => {
    const strange = taught([addition(1, 'ship', towards(5, 6, 0.5)), addition(2, 'tree', towards(1, 6, 0.2))]);
    expect(run(strange).harms.filter(({ kind }) => kind === 'stranger')).toEqual([
      { kind: 'stranger', item: 'picture 1 of ship/obverse', design: 'ship' },
    ]);
  });

  it('does not let an item vouch for itself', () => {
    const one = run(taught([addition(1, 'whale', towards(WHALE))]));
    expect(one.after.right).toBe(one.before.right);
  });
});

describe('gallery.json', () => {
  it('comes back as it was written', () => {
    expect(parseGallery(Buffer.from(serialiseGallery(whales)))).toEqual(whales);
  });

  it.each<[string, (gallery: TaughtGallery) => unknown]>([
    ['another schema', (gallery) => ({ ...gallery, schema: 2 })],
    [
      'an id that repeats',
      (gallery) => ({ ...gallery, additions: gallery.additions.map((one) => ({ ...one, id: 1 })) }),
    ],
    [
      'a vector that is not of length 1',
      (gallery) => ({ ...gallery, additions: [addition(1, 'whale', new Float32Array(8))] }),
    ],
    ['a vector of another size', (gallery) => ({ ...gallery, dim: 9 })],
    [
      'a picture outside its folder',
      (gallery) => ({
        ...gallery,
        additions: gallery.additions.map((one) => ({ ...one, crop: { ...one.crop, file: '../../etc/passwd' } })),
      }),
    ],
  ])('is refused with %s', (_, change) => {
    expect(() => parseGallery(Buffer.from(JSON.stringify(change(whales))))).toThrow(
      expect.objectContaining({ code: 'GALLERY_INVALID' }),
    );
  });
});

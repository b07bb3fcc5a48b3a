import { expect, it } from 'vitest';
import type { Engine } from '../../../src/pipeline/engine.js';
import type { CupSeen, ScoredItem } from '../../../src/pipeline/judges/judge.js';
import { canKnowFewer, engineKnowing } from '../../../src/pipeline/judges/known-designs.js';
import { judgeNames } from '../../../src/pipeline/judges/names.js';
import { judgeEntry } from '../../../src/pipeline/judges/registry.js';
import type { LoadedNetwork } from '../../../src/pipeline/ports.js';
import { knownOfCup } from '../../../src/cli/evaluate/known-of-cup.js';
import type { TruthCup } from '../../../src/cli/evaluate/truth.js';
import { bundle, manifest } from '../../fixtures/cup-facts.js';

const at = (id: string) => manifest.designs.findIndex((design) => design.id === id);

/** The class's number stands for the item: its embedding is the class's axis. */
function itemOf(classId: string, mixed = 0): ScoredItem {
  const own = manifest.classes.findIndex(({ id }) => id === classId);
  const embedding = new Float32Array(bundle.gallery.dim).fill(mixed);
  embedding[own] = 1;
  const length = Math.hypot(...embedding);
  return {
    embedding: embedding.map((value) => value / length),
    classScores: Float32Array.from(manifest.classes, (_, index) => (index === own ? 1 : mixed)),
    sideLogits: [1, 0],
    features: null,
    sizeFits: manifest.designs.map(() => null),
  };
}
const cupOf = (...items: ScoredItem[]) => ({ items, outlines: [], picture: null }) as unknown as CupSeen;

function engineOf(judge: string): Engine {
  const withSoftmax = { ...bundle, manifest: { ...manifest, judges: { softmax: { scale: 20 } } } };
  const items = {} as LoadedNetwork;
  const made = judgeEntry(judge).make({ bundle: withSoftmax, items, heads: {} });
  return { bundle: withSoftmax, items, heads: {}, judges: [made] } as unknown as Engine;
}
const opinion = async (judge: string, known: readonly string[] | null, cup: CupSeen) => {
  const engine = engineOf(judge);
  return await (known === null ? engine : engineKnowing(engine, new Set(known))).judges[0].judge(cup);
};

const all = manifest.designs.map(({ id }) => id);
const restrictable = judgeNames.filter((name) => canKnowFewer(name) && judgeEntry(name).heads.length === 0);

it.each(restrictable)('%s: knowing all designs is knowing what the bundle knows', async (judge) => {
  const cup = cupOf(itemOf('ship/obverse', 0.2), itemOf('tree/obverse', 0.1));
  expect(await opinion(judge, all, cup)).toEqual(await opinion(judge, null, cup));
});

it('metric: a design that is left out is unknown, and no rival', async () => {
  const tree = cupOf(itemOf('tree/obverse'));
  expect((await opinion('metric', null, tree)).items[0]?.bestClass).not.toBeNull();
  const [unknown] = (await opinion('metric', ['ship'], tree)).items;
  expect(unknown).toMatchObject({ bestClass: null, bestClassAnySize: null });
  expect((await opinion('metric', ['ship'], tree)).score[at('tree')]).toBe(-Infinity);
  // Half a ship and half a tree is a ship with some margin where nobody knows trees.
  const both = itemOf('ship/obverse');
  const tree1 = itemOf('tree/obverse').embedding;
  const half = { ...both, embedding: both.embedding.map((value, k) => (value + (tree1[k] ?? 0)) / Math.SQRT2) };
  expect((await opinion('metric', null, cupOf(half))).score[at('ship')]).toBeCloseTo(0);
  expect((await opinion('metric', ['ship'], cupOf(half))).score[at('ship')]).toBeGreaterThan(0.1);
});

it.each(['softmax-sum', 'vote'])('%s: all of the probability goes to what is known', async (judge) => {
  const { score, items } = await opinion(judge, ['ship'], cupOf(itemOf('tree/obverse', 0.1)));
  expect(score[at('ship')]).toBeCloseTo(1);
  expect(score[at('tree')]).toBeLessThanOrEqual(0);
  expect(manifest.classes[items[0]?.bestClass ?? -1]?.designs).toContain('ship');
});

it('metric-mean: of one known design no score is endless', async () => {
  const { score } = await opinion('metric-mean', ['ship'], cupOf(itemOf('ship/obverse')));
  expect(score[at('ship')]).toBeGreaterThan(0);
  expect(Number.isFinite(score[at('ship')])).toBe(true);
  expect(score[at('tree')]).toBe(-Infinity);
});

it('of each cup the ordered design is known, and more designs include fewer', () => {
  const designs = Array.from({ length: 50 }, (_, k) => `design-${String(k)}`);
  const cup = (image: string, expect_: string | null) => ({ image, expect: expect_, design: null }) as TruthCup;
  const known = (image: string, count: number) => [...knownOfCup(cup(image, 'design-33'), designs, count)];
  expect(known('a.jpg', 1)).toEqual(['design-33']);
  expect(known('a.jpg', 10)).toHaveLength(10);
  expect(known('a.jpg', 10)).toEqual(known('a.jpg', 20).slice(0, 10));
  expect(known('b.jpg', 10)).not.toEqual(known('a.jpg', 10));
  expect(known('a.jpg', 1000)).toHaveLength(50);
  expect(knownOfCup(cup('a.jpg', null), designs, 10).size).toBe(10);
});

import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../../src/pipeline/bundle/load.js';
import type { CupSeen, Judge, ScoredItem } from '../../../src/pipeline/judges/judge.js';
import type { JudgeParts } from '../../../src/pipeline/judges/parts.js';
import { judgeEntry, judgesOf } from '../../../src/pipeline/judges/registry.js';
import type { HeadName, LoadedNetwork } from '../../../src/pipeline/ports.js';
import { bundle, manifest } from '../../fixtures/cup-facts.js';

const at = (id: string) => manifest.designs.findIndex((design) => design.id === id);
const classAt = (id: string) => manifest.classes.findIndex((one) => one.id === id);
const ofDesign = (id: string) => {
  const found = manifest.designs[at(id)];
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};
const designs = manifest.designs.length;

type Run = (row: Float32Array) => readonly number[];
const network = (output: string, run: Run): LoadedNetwork => ({
  signature: { inputs: {}, outputs: {} },
  provider: 'cpu',
  fallbacks: [],
  prepared: false,
  run: async (_, { shape, data }) => {
    const rows = shape[0] ?? 0;
    const wide = data.length / rows;
    const found = Array.from({ length: rows }, (__, row) => run(data.subarray(row * wide, (row + 1) * wide)));
    const flat = Float32Array.from(found.flat());
    return await Promise.resolve({ [output]: { shape: [rows, flat.length / rows], data: flat } });
  },
  close: async () => await Promise.resolve(),
});
const none = network('', () => []);

/** The drawn bundle with heads: each a function of the row that it is given. */
function made(
  name: string,
  heads: Partial<Record<HeadName, readonly [input: number, output: string, run: Run]>> = {},
  base: Bundle = bundle,
): Judge {
  const specs = Object.entries(heads).map(([head, [input, output]]) => [
    head,
    { file: `${head}.onnx`, input: { name: 'rows', shape: ['N', input] }, outputs: { [output]: ['N', 1] } },
  ]);
  const withHeads: Bundle = {
    ...base,
    manifest: {
      ...base.manifest,
      heads: Object.fromEntries(specs) as NonNullable<typeof manifest.heads>,
      judges: {
        softmax: { scale: 20 },
        boosted: { features: ['count', 'ofDesign', 'lowestScore', 'highestRival', 'spread'] },
        cgd: { gallery: { file: 'c.f32', dim: bundle.gallery.dim }, unknownSimilarity: 0.5 },
        combined: { floors: manifest.classes.map(() => 0.5), lookAlikes: [] },
      },
    },
    judgeGalleries: { cgd: bundle.gallery },
  };
  const parts: JudgeParts = {
    bundle: withHeads,
    items: none,
    heads: Object.fromEntries(Object.entries(heads).map(([head, [, output, run]]) => [head, network(output, run)])),
  };
  return judgeEntry(name).make(parts);
}

/** An item that shows so much of each class; its scores are these shares, its features its embedding. */
function item(shares: Readonly<Record<string, number>>): ScoredItem {
  const embedding = new Float32Array(bundle.gallery.dim);
  const classScores = new Float32Array(manifest.classes.length);
  for (const [id, share] of Object.entries(shares)) {
    embedding[classAt(id)] = share;
    classScores[classAt(id)] = share;
  }
  const length = Math.hypot(...embedding);
  return {
    embedding: embedding.map((value) => value / length),
    classScores,
    sideLogits: [1, 0],
    features: embedding,
    sizeFits: manifest.designs.map(() => null),
  };
}
const ship = item({ 'ship/obverse': 1 });
const tree = item({ 'tree/obverse': 1 });
const cupOf = (...items: ScoredItem[]): CupSeen => ({
  items,
  outlines: items.map(() => ({ cx: 0, cy: 0, major: 1, minor: 1, angleRad: 0 })),
  picture: { data: new Uint8Array(3), width: 1, height: 1, stride: 3, channels: 3 } as unknown as CupSeen['picture'],
});
const oneHot = (at_: number, length: number, high = 6) =>
  Array.from({ length }, (_, index) => (index === at_ ? high : -high));

describe('vote', () => {
  it('is the share of items whose likeliest class is the design’s; an out-voted one is not of it', async () => {
    const { items, score } = await made('vote').judge(cupOf(ship, ship, ship, tree));
    expect(score[at('ship')]).toBeCloseTo(0.75);
    expect(score[at('tree')]).toBeCloseTo(0.25);
    expect(items.map((one) => one.bestClass)).toEqual([0, 0, 0, 1]);
    expect(items[3]?.score[at('ship')]).toBe(-1);
  });
});

describe.each(['softmax-sum', 'log-softmax-sum'])('%s', (name) => {
  it('leads by its mean over the items, and less where one is another design', async () => {
    const [right, wrong] = [await made(name).judge(cupOf(ship, ship)), await made(name).judge(cupOf(ship, tree))];
    expect(right.score[at('ship')]).toBeGreaterThan(0.5);
    expect(wrong.score[at('ship')]).toBeLessThan(right.score[at('ship')] ?? 0);
    expect(wrong.score[at('tree')]).toBeLessThanOrEqual(0);
  });
});

describe('metric-mean', () => {
  it('names a cup by the mean, and is moved little by one wrong item among many', async () => {
    const judge = made('metric-mean');
    const clean = (await judge.judge(cupOf(ship, ship, ship, ship))).score[at('ship')] ?? 0;
    const { score, items } = await judge.judge(cupOf(ship, ship, ship, tree));
    expect(score[at('ship')]).toBeGreaterThan(0);
    expect(score[at('ship')]).toBeLessThan(clean);
    // It has no impostor test: the tree is taken for a ship.
    expect(items[3]?.bestClass).toBe(classAt('ship/obverse'));
  });
});

describe('cgd', () => {
  it('compares what its own network makes of the features with its own gallery', async () => {
    const swapped: Run = (row) => {
      const out = [...row];
      [out[classAt('ship/obverse')], out[classAt('tree/obverse')]] = [
        row[classAt('tree/obverse')] ?? 0,
        row[classAt('ship/obverse')] ?? 0,
      ];
      return out;
    };
    const { items } = await made('cgd', { cgd: [8, 'descriptor', swapped] }).judge(cupOf(ship));
    expect(items[0]?.bestClass).toBe(classAt('tree/obverse'));
  });
});

describe('multi-label', () => {
  const labels =
    (...yes: string[]): Run =>
    () =>
      manifest.designs.map(({ id }) => (yes.includes(id) ? 4 : -4));
  const opinionOn = async (run: Run) =>
    (await made('multi-label', { 'multi-label': [8, 'labels', run] }).judge(cupOf(ship))).items[0];

  it('one yes is that design', async () => {
    const opinion = await opinionOn(labels('tree'));
    expect(opinion?.bestClass).toBe(classAt('tree/obverse'));
    expect(opinion?.score[at('tree')]).toBeCloseTo(4);
  });

  it('a yes for both is the side that both share', async () => {
    expect((await opinionOn(labels('crown-1', 'crown-2')))?.bestClass).toBe(classAt('crown/obverse'));
  });

  it('no for all is nothing known', async () => {
    expect((await opinionOn(labels()))?.bestClass).toBeNull();
  });
});

describe('set', () => {
  const seen: number[][] = [];
  const says = (design: number) =>
    made('set', {
      set: [
        20 * 9,
        'designs',
        (row) => {
          seen.push([...row]);
          return oneHot(design, designs + 1);
        },
      ],
    });

  it('gets each item’s embedding with a mark, and padding without', async () => {
    await says(0).judge(cupOf(ship, tree));
    const row = seen[0] ?? [];
    expect(row.slice(0, 9)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(row.slice(9, 18)).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 1]);
    expect(row.slice(18).every((value) => value === 0)).toBe(true);
  });

  it('takes every item for what the cup is, and none for anything where it is not one design', async () => {
    const opinion = await says(at('tree')).judge(cupOf(ship, tree));
    expect(opinion.score[at('tree')]).toBeCloseTo(12);
    expect(opinion.items.map((one) => one.bestClass)).toEqual([classAt('tree/obverse'), classAt('tree/obverse')]);
    const mixed = await says(designs).judge(cupOf(ship, tree));
    expect(mixed.items[0]?.bestClass).toBeNull();
  });

  it('vouches for no cup with more items than it has room for', async () => {
    const many = Array.from({ length: 21 }, () => ship);
    expect((await says(at('ship')).judge(cupOf(...many))).score[at('ship')]).toBe(-Infinity);
  });
});

describe('boosted', () => {
  it('gives the trees the features that the manifest names, a row a design, and takes their probability', async () => {
    const rows: number[][] = [];
    const trees = (row: Float32Array) => {
      rows.push([...row]);
      return [row[1] ?? 0];
    };
    const { score } = await made('boosted', { boosted: [5, 'right', trees] }).judge(cupOf(ship, ship, tree));
    expect(rows).toHaveLength(designs);
    const [count, ofDesign, lowestScore, highestRival, spread] = rows[at('ship')] ?? [];
    expect(count).toBe(3);
    expect(ofDesign).toBeCloseTo(2 / 3);
    // The tree is 0 like a ship and 1 like a tree.
    expect(lowestScore).toBeCloseTo(-1);
    expect(highestRival).toBeCloseTo(1);
    expect(spread).toBeCloseTo(1);
    expect(score[at('ship')]).toBeCloseTo(2 / 3);
  });

  it('does not count a design as a rival that shares a side with the ordered one', async () => {
    const rows: number[][] = [];
    const trees = (row: Float32Array) => {
      rows.push([...row]);
      return [0];
    };
    await made('boosted', { boosted: [5, 'right', trees] }).judge(cupOf(item({ 'crown/obverse': 1 })));
    expect(rows[at('crown-1')]?.[3]).toBeLessThan(0.5);
    expect(rows[at('ship')]?.[3]).toBeCloseTo(1);
  });
});

describe('every judge', () => {
  it.each(['vote', 'softmax-sum', 'log-softmax-sum', 'metric', 'metric-mean'])(
    '%s is not sure of an empty cup',
    async (name) => {
      const { items, score } = await made(name).judge(cupOf());
      expect(items).toEqual([]);
      expect(Math.max(...score)).toBe(-Infinity);
    },
  );

  it('that the bundle lacks a network for is not among its judges, and asking for it says what is missing', () => {
    expect(judgesOf(bundle)).not.toContain('cgd');
    expect(judgesOf(bundle)).toContain('metric');
    expect(() => judgeEntry('cgd').make({ bundle, items: none, heads: {} })).toThrow('/judges/cgd is missing');
    expect(() => judgeEntry('oracle')).toThrow('there is no judge "oracle"');
  });
});

describe('combined', () => {
  const same: Run = (row) => [...row];
  const asTree: Run = (row) => oneHot(classAt('tree/obverse'), row.length, 1).map((value) => Math.max(0, value));
  const asShip: Run = (row) => oneHot(classAt('ship/obverse'), row.length, 1).map((value) => Math.max(0, value) * 0.9);
  const says = (descriptor: Run) => made('combined', { cgd: [8, 'descriptor', descriptor] }).judge(cupOf(ship));

  it('is as sure as each of two descriptions that say the same', async () => {
    const [metric, { score, items }] = [await made('metric').judge(cupOf(ship)), await says(same)];
    expect(score[at('ship')]).toBeCloseTo(metric.score[at('ship')] ?? 0);
    expect(score[at('ship')]).toBeGreaterThan(0);
    expect(items[0]?.bestClass).toBe(classAt('ship/obverse'));
  });

  it('confirms nothing where they differ', async () => {
    const { score } = await says(asTree);
    expect(score[at('ship')]).toBeLessThanOrEqual(0);
    expect(score[at('tree')]).toBeLessThanOrEqual(0);
  });

  it('knows what was taught by the first description alone: as a rival, and as a design', async () => {
    const embedding = new Float32Array(bundle.gallery.dim);
    embedding[classAt('ship/obverse')] = 0.8;
    embedding[embedding.length - 1] = 0.6;
    const whale = { ...ship, embedding, features: embedding };
    const taught: Bundle = {
      ...bundle,
      manifest: {
        ...manifest,
        designs: [...manifest.designs, { ...ofDesign('ship'), id: 'whale', threshold: null }],
        classes: [...manifest.classes, { id: 'whale/any', side: null, designs: ['whale'] }],
      },
      gallery: { ...bundle.gallery, byClass: [...bundle.gallery.byClass, embedding] },
    };
    const seen = cupOf({ ...whale, sizeFits: taught.manifest.designs.map(() => null) });
    const [metric, combined] = [
      await made('metric', {}, taught).judge(seen),
      await made('combined', { cgd: [8, 'descriptor', asShip] }, taught).judge(seen),
    ];
    expect(combined.score[designs]).toBe(metric.score[designs]);
    expect(combined.score[designs]).toBeGreaterThan(0);
    expect(combined.items[0]?.bestClass).toBe(manifest.classes.length);
    // However much the second description likes the ship, the whale that was taught is nearer.
    expect(combined.score[at('ship')]).toBeLessThan(0);
  });
});

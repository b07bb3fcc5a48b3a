import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../../src/pipeline/bundle/load.js';
import type { JudgeSpec } from '../../../src/pipeline/bundle/manifest.js';
import { metricOpinion } from '../../../src/pipeline/judges/metric.js';
import { bundle, factsOf, judged, manifest, reasonsOf, ship } from '../../fixtures/cup-facts.js';

const SHIP = manifest.designs.findIndex(({ id }) => id === 'ship');
const classIndex = (id: string) => manifest.classes.findIndex((one) => one.id === id);

/** The bundle of the drawn designs with another judge, or another floor of the ship's front. */
const changed = (judge: Partial<JudgeSpec>, shipFloor?: number): Bundle => ({
  ...bundle,
  manifest: {
    ...manifest,
    judge: { ...manifest.judge, ...judge },
    classes: manifest.classes.map((one) =>
      one.id === 'ship/obverse' && shipFloor !== undefined ? { ...one, unknownSimilarity: shipFloor } : one,
    ),
  },
});

/** An item that is mostly a ship, partly a tree and partly nothing known. */
const mixed = (shipShare: number, treeShare: number) => {
  const embedding = new Float32Array(bundle.gallery.dim);
  embedding[classIndex('ship/obverse')] = shipShare;
  embedding[classIndex('tree/obverse')] = treeShare;
  embedding[7] = Math.sqrt(1 - shipShare ** 2 - treeShare ** 2);
  return {
    embedding,
    classScores: new Float32Array(manifest.classes.length),
    sideLogits: [0, 0] as const,
    features: null,
    sizeFits: manifest.designs.map(() => null),
  };
};
const opinionOf = (used: Bundle, ship: number, tree: number) => metricOpinion(used)([mixed(ship, tree)]).items[0];

describe('a class with a floor of its own', () => {
  it('knows an item that the floor of all classes would make unknown', () => {
    expect(opinionOf(bundle, 0.45, 0)?.bestClass).toBeNull();
    const known = opinionOf(changed({}, 0.4), 0.45, 0);
    expect(known?.bestClass).toBe(classIndex('ship/obverse'));
    expect(known?.score[SHIP]).toBeCloseTo(0.05);
  });

  it('may ask for more as well, and leaves the others as they are', () => {
    expect(opinionOf(changed({}, 0.9), 0.8, 0)?.bestClass).toBeNull();
    expect(opinionOf(changed({}, 0.9), 0, 0.8)?.bestClass).toBe(classIndex('tree/obverse'));
  });
});

describe('look-alikes', () => {
  const pair = [classIndex('tree/obverse'), classIndex('ship/obverse')] as const;
  const alike = changed({ lookAlikes: [{ classes: pair, margin: 0.2 }] });

  it('must be led by their margin more, in both directions', () => {
    expect(opinionOf(bundle, 0.8, 0.55)?.score[SHIP]).toBeCloseTo(0.25);
    expect(opinionOf(alike, 0.8, 0.55)?.score[SHIP]).toBeCloseTo(0.05);
    const tree = manifest.designs.findIndex(({ id }) => id === 'tree');
    expect(opinionOf(alike, 0.55, 0.8)?.score[tree]).toBeCloseTo(0.05);
  });

  it('change nothing where the other is not seen', () => {
    expect(opinionOf(alike, 0.9, 0)?.score[SHIP]).toBeCloseTo(opinionOf(bundle, 0.9, 0)?.score[SHIP] ?? NaN);
  });

  it('make an item that leads by too little uncertain, not another design', () => {
    const close = [mixed(0.75, 0.6)].map((item) => ({ ...item, sizeFits: manifest.designs.map(() => true) }));
    const facts = factsOf([ship], { opinion: metricOpinion(alike)(close) });
    const judgement = judged(facts);
    expect(reasonsOf(judgement)).toEqual(['low_margin']);
    expect(judgement.items[0]).toMatchObject({ design: 'ship', compatible: false });
  });
});

it('an item that leads nothing is not confirmed, even at a threshold of 0', () => {
  const equal = [mixed(0.7, 0.7)].map((item) => ({ ...item, sizeFits: manifest.designs.map(() => true) }));
  const facts = factsOf([ship], {
    opinion: metricOpinion(bundle)(equal),
    policy: { ...factsOf([ship]).policy, measuringScore: -1 },
  });
  expect(judged(facts).verdict).toBe('amber');
});

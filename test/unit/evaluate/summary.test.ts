import { describe, expect, it } from 'vitest';
import { upperBound } from '../../../src/cli/evaluate/bound.js';
import { formatEvaluation } from '../../../src/cli/evaluate/format.js';
import { matchBoxes } from '../../../src/cli/evaluate/match-items.js';
import type { CupOutcome } from '../../../src/cli/evaluate/outcome.js';
import { summarise } from '../../../src/cli/evaluate/summary.js';
import { parseTruth } from '../../../src/cli/evaluate/truth.js';

describe('upperBound', () => {
  it.each([
    [0, 100, 0.95, 1 - 0.05 ** (1 / 100)],
    [0, 1, 0.95, 0.95],
    // Exact binomial tables (Clopper and Pearson), one-sided.
    [1, 10, 0.95, 0.394163],
    [2, 50, 0.95, 0.120645],
    [5, 5, 0.95, 1],
    [0, 0, 0.95, 1],
  ])('%i failures of %i at %f: %f', (failures, trials, confidence, bound) => {
    expect(upperBound(failures, trials, confidence)).toBeCloseTo(bound, 4);
  });
});

it('boxes are matched one to one, the best pair first', () => {
  expect(
    matchBoxes(
      [
        [0, 0, 10, 10],
        [1, 0, 10, 10],
        [50, 50, 5, 5],
      ],
      [[1, 0, 10, 10]],
    ),
  ).toEqual([null, 0, null]);
});

const outcome = (change: Partial<CupOutcome>): CupOutcome => ({
  judge: 'metric',
  image: 'a.jpg',
  kind: 'clean',
  expect: 'ship',
  truthDesign: 'ship',
  greenAllowed: true,
  source: null,
  trueItems: 1,
  backs: 0,
  verdict: 'green',
  reasons: [],
  score: 0.3,
  threshold: 0.1,
  design: 'ship',
  ms: { detect: 5, infer: 10 },
  items: [],
  truth: [{ coin: 'ship-1', design: 'ship', set: 'drawn', side: 'obverse', visible: 1, found: true }],
  ...change,
});
const impostor = (image: string, coin: string, verdict: 'green' | 'amber') =>
  outcome({
    image,
    kind: 'one_impostor',
    truthDesign: null,
    greenAllowed: false,
    verdict,
    truth: [
      { coin: 'ship-1', design: 'ship', set: 'drawn', side: 'obverse', visible: 1, found: true },
      { coin, design: 'tree', set: 'drawn', side: 'obverse', visible: 1, found: false },
    ],
  });

describe('summarise', () => {
  it('counts evidence in distinct coins: cups that share an impostor are one piece', () => {
    const cups = Array.from({ length: 30 }, (_, k) => impostor(`${String(k)}.jpg`, `tree-${String(k % 3)}`, 'amber'));
    expect(summarise('metric', cups).badByKind).toMatchObject({
      one_impostor: {
        cups: 30,
        coins: 3,
        failedCoins: 0,
        falseGreens: 0,
        bound: expect.closeTo(1 - 0.05 ** (1 / 3)) as number,
      },
    });
  });

  it('lets a coin fail where any of its cups went green', () => {
    const { bad, falseGreenImages } = summarise('metric', [
      impostor('1.jpg', 'tree-1', 'amber'),
      impostor('2.jpg', 'tree-1', 'green'),
      impostor('3.jpg', 'tree-2', 'amber'),
    ]);
    expect(bad).toMatchObject({ cups: 3, coins: 2, failedCoins: 1, falseGreens: 1 });
    expect(falseGreenImages).toEqual(['2.jpg']);
  });

  it('counts a clean cup that turned green as another design as a false green', () => {
    const { bad, coverage } = summarise('metric', [
      outcome({}),
      outcome({ image: 'b.jpg', expect: null, design: 'tree' }),
    ]);
    expect(bad.falseGreens).toBe(1);
    expect(coverage).toEqual({ part: 1, of: 2 });
  });

  it('counts a bad cup in which no coin is wrong by itself', () => {
    const empty = outcome({ kind: 'wrong_count', greenAllowed: false, verdict: 'amber', reasons: ['count_mismatch'] });
    expect(summarise('metric', [empty]).badByKind['wrong_count']).toMatchObject({
      cups: 1,
      coins: 1,
      bound: expect.closeTo(0.95) as number,
    });
  });

  it('prints coverage, bounds, reasons and times', () => {
    const summary = summarise('metric', [outcome({}), impostor('2.jpg', 'tree-1', 'green')]);
    const text = formatEvaluation({ ...summary, judges: [], jobs: 4, resumed: 1 }).join('\n');
    expect(text).toContain('100.0 % (1 of 1)');
    expect(text).toContain('FALSE GREEN 2.jpg');
    expect(text).toMatch(/one_impostor +1 +1 +1 +1 +100\.0 %/);
    expect(text).toMatch(/total +15\.0/);
    expect(text.replace(/\n */g, ' ')).toContain('4 jobs side by side, one thread each');
    expect(text.replace(/\n */g, ' ')).toContain('1 cup by an earlier run');
  });
});

it('several judges are told of in one table, each on the same cups', () => {
  const metric = summarise('metric', [outcome({}), impostor('2.jpg', 'tree-1', 'amber')]);
  const vote = summarise('vote', [outcome({ score: 0.2 }), impostor('2.jpg', 'tree-1', 'green')]);
  const text = formatEvaluation({ ...metric, judges: [metric, vote], jobs: 1, resumed: 0 }).join('\n');
  expect(text).toMatch(/metric +100\.0 % +0 +95\.0 % +100\.0 %/);
  // The false green scored more than the clean cup: no threshold would part them.
  expect(text).toMatch(/vote +100\.0 % +1 +100\.0 % +0\.0 %/);
});

describe('parseTruth', () => {
  const line = { image: 'a.jpg', design: 'ship', items: [{ box: [1, 2, 3, 4] }], green_allowed: true };
  const parse = (change: object, boxesOnly = false) =>
    parseTruth(`\n${JSON.stringify({ ...line, ...change })}`, 'truth.jsonl', boxesOnly);

  it('reads a cup; what was ordered is what it holds, unless said otherwise', () => {
    expect(parse({})[0]).toMatchObject({
      image: 'a.jpg',
      expect: 'ship',
      greenAllowed: true,
      items: [{ visible: 1, coin: null }],
    });
    expect(parse({ expect: 'tree' })[0]).toMatchObject({ expect: 'tree' });
  });

  it.each([
    [{ green_allowed: undefined }, 'green_allowed is nothing'],
    [{ image: '../secret.jpg' }, 'image is "../secret.jpg"'],
    [{ image: '/etc/passwd' }, 'inside the folder'],
    [{ items: [{ box: [1, 2, 3] }] }, 'items[0]: box is [1,2,3], wanted 4 numbers'],
    [{ items: [{ box: [1, 2, 3, -4] }] }, 'width and a height over 0'],
    [{ px_per_mm: 0 }, 'px_per_mm is 0'],
    [{ count: 'six' }, 'count is "six"'],
  ])('refuses %j, naming line and field', (change, message) => {
    expect(() => parse(change)).toThrow(
      expect.objectContaining({ code: 'TRUTH_INVALID', message: expect.stringContaining(message) as string }),
    );
    expect(() => parse(change)).toThrow('truth.jsonl line 2');
  });

  it('takes pictures with boxes alone for the detector', () => {
    expect(parse({ green_allowed: undefined, design: undefined }, true)).toHaveLength(1);
  });

  it('refuses what is not JSON, and a file without a cup', () => {
    expect(() => parseTruth('{"image":', 'truth.jsonl', false)).toThrow('line 1 is not JSON');
    expect(() => parseTruth('\n\n', 'truth.jsonl', false)).toThrow('holds no cup');
  });
});

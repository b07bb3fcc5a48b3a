import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { offlineEngine } from '../../src/cli/offline-engine.js';
import { readPicture } from '../../src/cli/read-picture.js';
import type { Engine } from '../../src/pipeline/engine.js';
import type { Picture } from '../../src/pipeline/frame.js';
import { emptyCup, type EmptyCup } from '../../src/pipeline/judge-cup.js';
import type { JudgedItem, Judgement } from '../../src/pipeline/judgement.js';
import { judgementsOf, linesOf, spoken } from '../fixtures/judging.js';
import { turned, turnedPlace } from '../fixtures/turned-picture.js';

/** In degrees: whole quarters, which move pixels about and change none, and others. */
const turns = [30, 77, 90, 180, 271] as const;
/** An item's score may change by so much with its turn; `models/rotation.py` measures the spread. */
const TOLERANCE = 0.2;
/**
 * The detector is a network too, and not quite blind to the turn: now and then it takes a speck of the bottom for an item,
 * barely (0.3 is enough; two that were looked at have 0.32 and 0.37). Such a cup is amber, which is safe and a nuisance;
 * in so many of 80 it may be.
 */
const MAX_SPECKS = 10;

interface DemoCup {
  readonly image: string;
  readonly order: { readonly design: string; readonly count: number };
  readonly expected: { readonly verdict: string; readonly reason: string | null };
}

const demo = new URL('../../models/demo/', import.meta.url).pathname;
const cups = linesOf(demo, 'demo.jsonl') as DemoCup[];
const pxPerMm = 8;

let engine: Engine;
let reference: Picture;
let empty: EmptyCup;
/** By picture: what is said of it as it was taken. */
const unturned = new Map<string, Judgement>();
beforeAll(async () => {
  engine = await offlineEngine(null, 2);
  reference = await readPicture(join(demo, 'empty.jpg'));
  empty = emptyCup(reference, engine);
});
afterAll(async () => {
  await engine.close();
});

const middle = ({ box: [x, y, width, height] }: JudgedItem): [number, number] => [x + width / 2, y + height / 2];
const reasonsIn = (judgement: Judgement) =>
  judgement.verdict === 'green' ? [] : [...new Set(judgement.reasons.map(({ reason }) => reason))];

/** The change of each item's score, by the place where the item lies once its cup is turned. */
function changes(before: Judgement, after: Judgement, picture: Picture, degrees: number): number[] {
  return before.items.map((item) => {
    const [x, y] = turnedPlace(picture, degrees, middle(item));
    const same = after.items.find((other) => Math.hypot(middle(other)[0] - x, middle(other)[1] - y) < 12);
    expect(same, `the item at ${x.toFixed(0)}, ${y.toFixed(0)}`).toBeDefined();
    return Math.abs((same?.score ?? Infinity) - (item.score ?? Infinity));
  });
}

const spread: string[] = [];
let specks = 0;

describe.each(turns)('a cup that is turned by %i°', (degrees) => {
  let turnedEmpty: EmptyCup;
  const scoreChanges: number[] = [];
  beforeAll(() => {
    turnedEmpty = emptyCup(turned(reference, degrees), engine);
  });

  it.each(cups)('$image is judged as it lies', async ({ image, order }) => {
    const picture = await readPicture(join(demo, image));
    const before = unturned.get(image) ?? (await judgementsOf(engine, picture, order, { pxPerMm, empty }))[0];
    unturned.set(image, before);
    const view = { pxPerMm, empty: turnedEmpty };
    const [after] = await judgementsOf(engine, turned(picture, degrees), order, view);
    if (after.items.length > before.items.length) {
      expect(after.verdict).toBe('amber');
      specks++;
      return;
    }
    expect(after.verdict, spoken(after)).toBe(before.verdict);
    // Another reason may weigh more: the toothed edge of a cap can read as a rim that is partly hidden.
    if (before.verdict === 'amber') {
      const same = reasonsIn(after).filter((reason) => reasonsIn(before).includes(reason));
      expect(same, `${spoken(before)}; turned: ${spoken(after)}`).not.toEqual([]);
    }
    // Of items that lie on each other, or that a picture hardly shows, the outline itself is in doubt.
    if (['overlap', 'blur', 'exposure', 'empty_cup'].includes(reasonsIn(before)[0] ?? '')) return;
    const found = changes(before, after, picture, degrees);
    scoreChanges.push(...found);
    expect(Math.max(...found)).toBeLessThan(TOLERANCE);
  });

  afterAll(() => {
    const sorted = scoreChanges.toSorted((a, b) => a - b);
    const at = (share: number) => (sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(3);
    const [items, angle] = [String(sorted.length), String(degrees).padStart(3)];
    spread.push(`${angle}°: ${items} items, scores change by ${at(0.5)} (median), ${at(0.95)} (95 %), ${at(1)} (most)`);
  });
});

it('hardly any turn makes an item of a speck', () => {
  console.log(
    [...spread, `specks taken for items: ${String(specks)} of ${String(turns.length * cups.length)} cups`].join('\n'),
  );
  expect(specks).toBeLessThanOrEqual(MAX_SPECKS);
});

describe('the turning itself', () => {
  it('by four quarters gives the picture back', () => {
    const { width, height } = reference;
    const twice = turned(turned(reference, 180), 180);
    expect(Buffer.compare(twice.data, reference.data)).toBe(0);
    const middles = [width / 2 - 300, height / 2] as const;
    expect(turnedPlace(reference, 90, middles)).toEqual([width / 2, height / 2 - 300]);
  });
});

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { offlineEngine } from '../../src/cli/offline-engine.js';
import { readPicture } from '../../src/cli/read-picture.js';
import type { Engine } from '../../src/pipeline/engine.js';
import type { Picture } from '../../src/pipeline/frame.js';
import { emptyCup } from '../../src/pipeline/judge-cup.js';
import type { JudgedItem, Judgement } from '../../src/pipeline/judgement.js';
import { judgementsOf, linesOf, spoken } from '../fixtures/judging.js';
import { turned, turnedPlace } from '../fixtures/turned-picture.js';

/** In degrees: whole quarters, which move pixels about and change none, and others. */
const turns = [30, 77, 90, 180, 271] as const;
/** An item's score may change by so much with its turn; `models/rotation.py` measures the spread. */
const TOLERANCE = 0.2;

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
beforeAll(async () => {
  engine = await offlineEngine(null, 2);
  reference = await readPicture(join(demo, 'empty.jpg'));
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

describe.each(turns)('a cup that is turned by %i°', (degrees) => {
  it.each(cups)('$image is judged as it lies', async ({ image, order }) => {
    const picture = await readPicture(join(demo, image));
    const [before] = await judgementsOf(engine, picture, order, { pxPerMm, empty: emptyCup(reference, engine) });
    const empty = emptyCup(turned(reference, degrees), engine);
    const [after] = await judgementsOf(engine, turned(picture, degrees), order, { pxPerMm, empty });
    expect(after.verdict, spoken(after)).toBe(before.verdict);
    expect(reasonsIn(after)[0]).toBe(reasonsIn(before)[0]);
    // Of items that lie on each other, or that a picture hardly shows, the outline itself is in doubt.
    if (!['overlap', 'blur', 'exposure', 'empty_cup'].includes(reasonsIn(before)[0] ?? ''))
      expect(Math.max(...changes(before, after, picture, degrees))).toBeLessThan(TOLERANCE);
  });
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

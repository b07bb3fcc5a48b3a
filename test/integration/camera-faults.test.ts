import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareToEmptyCup } from '../../src/daemon/station-check/empty-cup.js';
import { offlineEngine } from '../../src/cli/offline-engine.js';
import { fileStamp } from '../../src/pipeline/file-stamp.js';
import { decodeJpeg, encodeJpeg } from '../../src/native/jpeg.js';
import type { Engine } from '../../src/pipeline/engine.js';
import type { Picture } from '../../src/pipeline/frame.js';
import { type EmptyCup, emptyCup, judgeCup } from '../../src/pipeline/judge-cup.js';
import type { Judgement } from '../../src/pipeline/judgement.js';
import { dimmed, moved, smudged } from '../fixtures/camera-faults.js';
import { yearless } from '../fixtures/judging.js';

interface DemoCup {
  readonly image: string;
  readonly order: { readonly design: string; readonly count: number };
  readonly expected: { readonly verdict: 'green' | 'amber' };
}

const demo = new URL('../../models/demo/', import.meta.url);
const open = (name: string) => decodeJpeg(readFileSync(new URL(name, demo)));
/** As the camera gives it: a JPEG. */
const seen = (picture: Picture) => decodeJpeg(encodeJpeg(picture, 92));
const cups = readFileSync(new URL('demo.jsonl', demo), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as DemoCup);
const rightCups = cups.filter(({ expected }) => expected.verdict === 'green');
/** Two of them for each fault, in turn, so that every cup meets several. */
let turn = 0;
const twoRightCups = () =>
  [rightCups[turn++ % rightCups.length], rightCups[turn++ % rightCups.length]].flatMap((cup) => cup ?? []);
const wrongCups = cups.filter(({ expected }) => expected.verdict === 'amber');
const reference = open('empty.jpg');

let engine: Engine;
let empty: EmptyCup;
beforeAll(async () => {
  engine = await offlineEngine(null, 2);
  empty = emptyCup(reference, engine);
});
afterAll(async () => {
  await engine.close();
});

function judge({ image, order }: DemoCup, fault: (picture: Picture) => Picture, pxPerMm = 8): Promise<Judgement> {
  return judgeCup(
    {
      first: { picture: seen(fault(open(image))), stamp: fileStamp() },
      second: null,
      order: { ...order, expired: false },
      view: { pxPerMm, empty },
      decodeMs: 0,
    },
    engine,
    yearless,
  );
}

const reasonsOf = (judgement: Judgement) =>
  judgement.verdict === 'green' ? ['green'] : judgement.reasons.map(({ reason }) => reason);
/** What `doctor` finds in a fresh picture of the empty cup, but for what is well. */
const found = (fault: (picture: Picture) => Picture) =>
  compareToEmptyCup(reference, seen(fault(reference))).findings.flatMap(({ check, state }) =>
    state === 'ok' ? [] : [check],
  );
const asIs = (picture: Picture) => picture;

/** Long enough for a machine that does other things beside. */
const patienceMs = 120_000;

describe('a camera, a lens and a lamp that are as they were', () => {
  it('are found well', () => {
    expect(found(asIs)).toEqual([]);
    // Another exposure, with noise of its own.
    const { findings } = compareToEmptyCup(reference, open('13-empty.jpg'));
    expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
  });
});

describe('a wrong scale', () => {
  it.each([0.9, 0.94, 1.03, 1.06, 1.12])('× %s greens no cup, by its sizes', { timeout: patienceMs }, async (wrong) => {
    for (const cup of twoRightCups()) expect(reasonsOf(await judge(cup, asIs, 8 * wrong))).toContain('wrong_size');
  });
});

describe('a moved camera', () => {
  const moves = [
    { dx: 4, dy: 2 },
    { dx: 0, dy: -12 },
    { dx: 60, dy: 30 },
    { turnDeg: 1 },
    { turnDeg: -5 },
    { zoom: 0.99 },
    { zoom: 1.01 },
    { zoom: 1.04 },
  ];
  it.each(moves)('%o greens no cup', { timeout: patienceMs }, async (move) => {
    for (const cup of twoRightCups())
      expect(reasonsOf(await judge(cup, (picture) => moved(picture, move)))).not.toContain('green');
  });

  it.each([{ dx: 2 }, { dx: 0, dy: -1.5 }, { turnDeg: 0.25 }, { zoom: 1.004 }, { zoom: 0.996 }, ...moves.slice(0, 2)])(
    '%o is found by doctor',
    { timeout: patienceMs },
    (move) => {
      expect(found((picture) => moved(picture, move))).toContain('camera place');
    },
  );

  it('far away, or another place, is found by doctor', () => {
    expect(found((picture) => moved(picture, { dx: 300, turnDeg: 40 }))).toContain('empty cup');
  });
});

describe('a dirty lens', () => {
  const film = (spreadPx: number, veil: number) => (picture: Picture) =>
    smudged(picture, { cx: 640, cy: 480, radiusPx: 5000, spreadPx, veil });
  it.each([
    [4, 0],
    [2, 0.05],
    [0, 0.1],
    [8, 0.1],
  ])(
    'with a film that spreads light by %i px and adds %d greens no cup',
    { timeout: patienceMs },
    async (spread, veil) => {
      for (const cup of twoRightCups()) expect(reasonsOf(await judge(cup, film(spread, veil)))).not.toContain('green');
    },
  );

  it.each([
    [2, 0],
    [0, 0.02],
    [1, 0.01],
  ])('with a film of %i px and %d is found by doctor', (spread, veil) => {
    expect(found(film(spread, veil))).toContain('lens');
  });

  it.each([
    [640, 480],
    [400, 300],
    [800, 620],
  ])('with a spot at %i, %i is found by doctor', (cx, cy) => {
    expect(found((picture) => smudged(picture, { cx, cy, radiusPx: 100, spreadPx: 4, veil: 0 }))).toContain('lens');
  });

  it('hides no wrong cup', { timeout: patienceMs }, async () => {
    for (const cup of wrongCups)
      for (const [cx, cy] of [
        [640, 480],
        [480, 400],
      ] as const)
        expect(
          reasonsOf(await judge(cup, (picture) => smudged(picture, { cx, cy, radiusPx: 160, spreadPx: 4, veil: 0 }))),
        ).not.toContain('green');
  });
});

describe('a dimmed lamp', () => {
  it.each([0.4, 0.2, 0.05])('at %d of its light greens no cup', { timeout: patienceMs }, async (light) => {
    for (const cup of twoRightCups())
      expect(reasonsOf(await judge(cup, (picture) => dimmed(picture, light)))).toContain('exposure');
  });

  it.each([0.8, 0.6, 1.3])('at %d is found by doctor', (light) => {
    expect(found((picture) => dimmed(picture, light))).toContain('lamp');
  });

  it('hides no wrong cup', { timeout: patienceMs }, async () => {
    for (const cup of wrongCups)
      expect(reasonsOf(await judge(cup, (picture) => dimmed(picture, 0.6)))).not.toContain('green');
  });
});

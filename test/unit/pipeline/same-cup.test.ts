import { describe, expect, it } from 'vitest';
import { discExposure, pictureExposure } from '../../../src/pipeline/exposure.js';
import { overlappingPairs } from '../../../src/pipeline/overlap.js';
import { changeBetween, sameCup, thumbOf } from '../../../src/pipeline/same-cup.js';
import { type Drawing, type DrawnItem, draw } from '../../fixtures/drawing.js';

const LIMIT = 4;
const coin = (cx: number, cy: number): DrawnItem => ({
  cx,
  cy,
  major: 130,
  minor: 130,
  angleRad: 0,
  colour: [150, 150, 150],
  relief: 0.1,
});
const cup = (change: Partial<Drawing> = {}) =>
  draw({
    width: 640,
    height: 480,
    bottom: [80, 82, 80],
    grain: 5,
    noise: 3,
    blurPx: 0.7,
    items: [coin(200, 200), coin(420, 260)],
    ...change,
  });

/** The same grain, other noise: a later frame. */
const later = (change: Partial<Drawing> = {}) => {
  const picture = cup(change);
  const data = picture.data.map((value, at) => Math.max(0, Math.min(255, value + ((at * 7919) % 7) - 3)));
  return thumbOf({ ...picture, data });
};

describe('a later frame', () => {
  const judged = thumbOf(cup());

  it('of the same cup is the same, noise and a little flicker notwithstanding', () => {
    expect(sameCup(judged, later(), LIMIT).same).toBe(true);
    expect(changeBetween(judged, later())).toBeLessThan(1);
    expect(sameCup(judged, later({ gain: [1.06, 1.06, 1.06] }), LIMIT).same).toBe(true);
  });

  it.each([
    ['an item moved by 4 pixels', { items: [coin(204, 200), coin(420, 260)] }],
    ['an item was taken', { items: [coin(200, 200)] }],
    ['an item was added', { items: [coin(200, 200), coin(420, 260), coin(500, 90)] }],
    ['the cup is gone', { items: [], bottom: [140, 120, 90] as const }],
    ['the lamp went out', { gain: [0.1, 0.1, 0.1] as const }],
  ])('is another where %s', (_, change) => {
    expect(sameCup(judged, later(change), LIMIT).same).toBe(false);
  });

  it('of another size is an error', () => {
    const small = thumbOf(draw({ width: 320, height: 240, bottom: [0, 0, 0], items: [] }));
    expect(() => changeBetween(judged, small)).toThrow(expect.objectContaining({ code: 'PICTURE_SIZE' }));
  });
});

describe('exposure', () => {
  it('tells a dark, a good and a burnt picture apart', () => {
    expect(pictureExposure(cup({ gain: [0.15, 0.15, 0.15] })).highlight).toBeLessThan(40);
    expect(pictureExposure(cup()).highlight).toBeGreaterThan(100);
    expect(pictureExposure(cup({ gain: [4, 4, 4] })).clipped).toBeGreaterThan(0.5);
  });

  it('of an item is that of its disc alone', () => {
    const outline = { cx: 200, cy: 200, major: 130, minor: 130, angleRad: 0 };
    expect(discExposure(cup({ bottom: [0, 0, 0], grain: 0 }), outline).luma).toBeGreaterThan(120);
  });
});

describe('overlap', () => {
  const disc = (cx: number, major = 100) => ({ cx, cy: 100, major, minor: major, angleRad: 0 });

  it('is seen where outlines cross, or one holds the other', () => {
    expect(overlappingPairs([disc(0), disc(90), disc(300)])).toEqual([[0, 1]]);
    expect(overlappingPairs([disc(0, 200), disc(20, 60)])).toEqual([[0, 1]]);
  });

  it('is not seen where items touch, within what the fit is good for', () => {
    expect(overlappingPairs([disc(0), disc(100), disc(199)])).toEqual([]);
  });

  it('follows the tilt of an ellipse', () => {
    const flat = { cx: 0, cy: 100, major: 100, minor: 60, angleRad: 0 };
    expect(overlappingPairs([flat, disc(90)])).toEqual([[0, 1]]);
    expect(overlappingPairs([{ ...flat, angleRad: Math.PI / 2 }, disc(85)])).toEqual([]);
  });
});

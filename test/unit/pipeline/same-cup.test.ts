import { describe, expect, it } from 'vitest';
import { decodeJpeg, encodeJpeg } from '../../../src/native/jpeg.js';
import { discExposures } from '../../../src/pipeline/exposure.js';
import { glanceAt, glanceAtJpeg } from '../../../src/pipeline/glance.js';
import { overlappingPairs } from '../../../src/pipeline/overlap.js';
import { changeBetween, sameCup } from '../../../src/pipeline/same-cup.js';
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
  return glanceAt({ ...picture, data });
};

describe('a later frame', () => {
  const judged = glanceAt(cup());

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
    const small = glanceAt(draw({ width: 320, height: 240, bottom: [0, 0, 0], items: [] }));
    expect(() => changeBetween(judged, small)).toThrow(expect.objectContaining({ code: 'PICTURE_SIZE' }));
  });
});

describe('a glance at a JPEG', () => {
  const jpeg = encodeJpeg(cup(), 92);

  it('finds the same cup the same, less than half a level apart from a look at the whole picture', () => {
    const whole = glanceAt(decodeJpeg(jpeg));
    expect(changeBetween(whole, glanceAtJpeg(jpeg))).toBeLessThan(0.5);
    expect(
      sameCup(whole, glanceAtJpeg(encodeJpeg(cup({ items: [coin(204, 200), coin(420, 260)] }), 92)), LIMIT).same,
    ).toBe(false);
  });

  it('sees the light, also of a picture that is too small for an eighth', () => {
    for (const size of [{}, { width: 320, height: 240 }]) {
      const [good, dark, burnt] = [1, 0.15, 4].map((gain) =>
        glanceAtJpeg(encodeJpeg(cup({ ...size, gain: [gain, gain, gain] }), 92)),
      );
      expect(good?.exposure.highlight).toBeGreaterThan(100);
      expect(dark?.exposure.highlight).toBeLessThan(40);
      expect(burnt?.exposure.clipped).toBeGreaterThan(0.5);
    }
  });

  it('tells sizes apart that have the same thumb', () => {
    const [a, b] = [640, 646].map((width) => glanceAtJpeg(encodeJpeg(cup({ width }), 92)));
    expect(a?.thumb.width).toBe(b?.thumb.width);
    expect(() => a !== undefined && b !== undefined && changeBetween(a, b)).toThrow(
      expect.objectContaining({ code: 'PICTURE_SIZE' }),
    );
  });

  it('refuses a JPEG that is cut anywhere', () => {
    for (let part = 0; part < 20; part++)
      expect(() => glanceAtJpeg(jpeg.subarray(0, (jpeg.length * part) / 20))).toThrow(
        expect.objectContaining({ code: 'PICTURE_CORRUPT' }),
      );
    expect(() => glanceAtJpeg(jpeg.subarray(0, -1))).toThrow(expect.objectContaining({ code: 'PICTURE_CORRUPT' }));
  });
});

describe('exposure', () => {
  it('tells a dark, a good and a burnt picture apart', () => {
    expect(glanceAt(cup({ gain: [0.15, 0.15, 0.15] })).exposure.highlight).toBeLessThan(40);
    expect(glanceAt(cup()).exposure.highlight).toBeGreaterThan(100);
    expect(glanceAt(cup({ gain: [4, 4, 4] })).exposure.clipped).toBeGreaterThan(0.5);
  });

  it('of an item is that of its disc alone', () => {
    const outline = { cx: 200, cy: 200, major: 130, minor: 130, angleRad: 0 };
    expect(discExposures(cup({ bottom: [0, 0, 0], grain: 0 }), [outline])[0]?.luma).toBeGreaterThan(120);
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

import { describe, expect, it } from 'vitest';
import { findRims } from '../../../src/native/rim.js';
import { toGrey } from '../../../src/native/crop-resize.js';
import { draw } from '../../fixtures/drawing.js';
import { noisePicture, seededRandom } from './pictures.js';
import { findRim } from './reference/rim.js';

const random = seededRandom(99);
const between = (low: number, high: number) => low + random() * (high - low);

describe('findRims against its definition', () => {
  it('on drawn items: the same outline, in colour and in grey, near the border and beyond it', () => {
    let found = 0;
    for (let trial = 0; trial < 10; trial++) {
      const major = between(50, 120);
      const item = {
        cx: between(40, 180),
        cy: between(40, 150),
        major,
        minor: major * between(0.92, 1),
        angleRad: between(-1.5, 1.5),
      };
      const shadow = { dx: 4, dy: 3, depth: 0.5, soft: 10 };
      const colour = draw({
        width: 220,
        height: 180,
        bottom: [90, 95, 92],
        grain: 4,
        noise: between(0, 4),
        blurPx: between(0, 2),
        seed: trial,
        items: [{ ...item, colour: [150, 140, 120], relief: 0.15, shadow }],
      });
      const circle = {
        cx: item.cx + between(-6, 6),
        cy: item.cy + between(-6, 6),
        radius: (major / 2) * between(0.9, 1.1),
      };
      for (const picture of [colour, toGrey(colour)]) {
        const expected = findRim(picture, circle);
        const [rim = null] = findRims(picture, [circle]);
        expect(rim === null, `trial ${String(trial)}`).toBe(expected === null);
        if (rim === null || expected === null) continue;
        found++;
        expect(rim.seen).toBe(expected.seen);
        expect(rim.widthPx).toBeCloseTo(expected.widthPx, 6);
        for (const key of ['cx', 'cy', 'major', 'minor'] as const)
          expect(rim.ellipse[key], key).toBeCloseTo(expected.ellipse[key], 6);
        expect(Math.abs(Math.sin(rim.ellipse.angleRad - expected.ellipse.angleRad))).toBeLessThan(1e-5);
      }
    }
    expect(found).toBeGreaterThan(12);
  });

  it('on noise, with padded rows', () => {
    for (let trial = 0; trial < 20; trial++) {
      const picture = noisePicture(random, { width: 120, height: 100, format: 'rgb', padding: 7 });
      const circle = { cx: between(-20, 140), cy: between(-20, 120), radius: between(3, 60) };
      const [rim = null] = findRims(picture, [circle]);
      const expected = findRim(picture, circle);
      expect(rim?.seen).toBe(expected?.seen);
      if (rim !== null) expect(rim.ellipse.major).toBeCloseTo(expected?.ellipse.major ?? 0, 5);
    }
  });

  it('refuses detections that are none', () => {
    const picture = noisePicture(random, { width: 64, height: 64, format: 'grey' });
    for (const bad of [{ cx: Number.NaN }, { cy: Infinity }, { radius: 0 }, { radius: 9000 }, { cx: 1e6 }])
      expect(() => findRims(picture, [{ cx: 30, cy: 30, radius: 20, ...bad }])).toThrow(
        expect.objectContaining({ code: 'NATIVE_ARGUMENT' }),
      );
    expect(findRims(picture, [])).toEqual([]);
  });
});

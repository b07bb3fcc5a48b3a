import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { measureTarget } from '../../../src/cli/calibrate/measure-target.js';
import { decodeJpeg, encodeJpeg } from '../../../src/native/jpeg.js';
import type { Picture } from '../../../src/pipeline/frame.js';
import { dimmed, smudged } from '../../fixtures/camera-faults.js';
import { withTarget } from '../../fixtures/printed-target.js';

const demo = new URL('../../../models/demo/', import.meta.url);
const empty = decodeJpeg(readFileSync(new URL('empty.jpg', demo)));
/** As a camera gives it. */
const seen = (picture: Picture): Picture => decodeJpeg(encodeJpeg(picture, 90));
const middle = { cx: 640.3, cy: 482.7 };

describe('the scale by the printed target', { timeout: 60_000 }, () => {
  it.each([
    ['straight', { pxPerMm: 8 }],
    ['turned by 30°', { pxPerMm: 8, turnDeg: 30 }],
    ['turned by 44.6°', { pxPerMm: 8, turnDeg: 44.6 }],
    ['cut small', { pxPerMm: 8, cutMm: 54, turnDeg: 7 }],
    ['seen from far', { pxPerMm: 4.2, cutMm: 102 }],
    ['seen from near', { pxPerMm: 16, turnDeg: 12, cutMm: 54 }],
    ['where the ink spread', { pxPerMm: 8, inkMm: 0.3, turnDeg: 7 }],
  ])('is found within 0.1 %% %s', (_, on) => {
    const found = measureTarget(seen(withTarget(empty, { ...middle, ...on })), 100);
    expect(Math.abs(found.pxPerMm / on.pxPerMm - 1)).toBeLessThan(0.001);
    expect(found.spread).toBeLessThan(0.005);
  });

  it('is found in poor light and through a soft lens', () => {
    const sheet = withTarget(empty, { ...middle, pxPerMm: 8, turnDeg: 17 });
    for (const poor of [
      dimmed(sheet, 0.3),
      smudged(sheet, { cx: 640, cy: 480, radiusPx: 5000, spreadPx: 3, veil: 0.02 }),
    ])
      expect(Math.abs(measureTarget(seen(poor), 100).pxPerMm / 8 - 1)).toBeLessThan(0.002);
  });

  it('takes the size that the printer gave it', () => {
    const found = measureTarget(seen(withTarget(empty, { ...middle, pxPerMm: 7.92 })), 99);
    expect(Math.abs(found.pxPerMm / 8 - 1)).toBeLessThan(0.001);
  });

  it('is refused where there is no target', () => {
    for (const name of ['empty.jpg', '04-keys-penny.jpg', '15-bottle-cap.jpg'])
      expect(() => measureTarget(decodeJpeg(readFileSync(new URL(name, demo))), 100)).toThrow(/the target is not seen/);
  });

  it('is refused where the dots are a grid of something else', () => {
    expect(() => measureTarget(seen(withTarget(empty, { ...middle, pxPerMm: 8, inkMm: 1.4 })), 100)).toThrow(
      /of their distance wide/,
    );
  });

  it.each([-0.04])('tells how far a lens of k1 %s bends it', (k1) => {
    const { spread } = measureTarget(seen(withTarget(empty, { ...middle, pxPerMm: 8, k1, cutMm: 102 })), 100);
    expect(spread).toBeGreaterThan(0.005);
    expect(spread).toBeLessThan(0.015);
  });

  it.each([0.12])('is refused where a lens of k1 %s bends it too far', (k1) => {
    expect(() => measureTarget(seen(withTarget(empty, { ...middle, pxPerMm: 8, k1, cutMm: 102 })), 100)).toThrow(
      /the scale differs by/,
    );
  });
});

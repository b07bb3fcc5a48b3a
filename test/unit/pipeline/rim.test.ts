import { describe, expect, it } from 'vitest';
import type { Picture } from '../../../src/pipeline/frame.js';
import { type Circle, findRims } from '../../../src/native/rim.js';
import { type DrawnItem, draw, randomNumbers } from '../../fixtures/drawing.js';

const silver = [150, 152, 155] as const;
const grey = [95, 97, 96] as const;

const item = (change: Partial<DrawnItem> = {}): DrawnItem => ({
  cx: 200,
  cy: 190,
  major: 180,
  minor: 176,
  angleRad: 0.7,
  colour: silver,
  relief: 0.15,
  shadow: { dx: 6, dy: 4, depth: 0.5, soft: 14 },
  ...change,
});

const picture = (drawn: DrawnItem, more: Partial<Parameters<typeof draw>[0]> = {}) =>
  draw({ width: 400, height: 380, bottom: grey, grain: 4, noise: 2, blurPx: 0.8, items: [drawn], ...more });

const findRim = (picture: Picture, circle: Circle) => findRims(picture, [circle])[0] ?? null;

describe('findRims', () => {
  it('measures the major axis within 1.5 % from a detection that is off by 10 %, rings and shadow notwithstanding', () => {
    const random = randomNumbers(11);
    for (let trial = 0; trial < 40; trial++) {
      const major = 110 + random() * 130;
      const tilted = Math.cos(random() * 0.25);
      const drawn = item({
        major,
        minor: major * tilted,
        angleRad: random() * Math.PI,
        cx: 195 + 10 * random(),
        shadow: { dx: 12 * (random() - 0.5), dy: 12 * (random() - 0.5), depth: 0.55, soft: 6 + 12 * random() },
      });
      const off = () => (random() - 0.5) * 0.16 * (major / 2);
      const rim = findRim(picture(drawn, { seed: trial }), {
        cx: drawn.cx + off(),
        cy: drawn.cy + off(),
        radius: (major / 2) * (0.92 + 0.16 * random()),
      });
      const label = `trial ${String(trial)}: major ${String(rim?.ellipse.major)} of ${String(major)}`;
      expect(Math.abs((rim?.ellipse.major ?? 0) / major - 1), label).toBeLessThan(0.015);
      expect(rim?.seen, label).toBeGreaterThan(0.85);
    }
  });

  it('finds a rim that differs from the bottom in colour alone', () => {
    // The same luma (BT.601) to within a level.
    const brass = item({ colour: [140, 105, 42], relief: 0, shadow: { dx: 0, dy: 0, depth: 0, soft: 4 } });
    const rim = findRim(picture(brass, { bottom: [99, 113, 120], noise: 1, grain: 1 }), {
      cx: 200,
      cy: 190,
      radius: 92,
    });
    expect(rim?.ellipse.major).toBeGreaterThan(178);
    expect(rim?.ellipse.major).toBeLessThan(182);
  });

  it('takes the rim and not a clearer ring inside it', () => {
    const drawn = item({ colour: [122, 124, 125], relief: 0.45, shadow: { dx: 0, dy: 0, depth: 0, soft: 4 } });
    const rim = findRim(picture(drawn), { cx: 198, cy: 192, radius: 86 });
    expect(rim?.ellipse.major).toBeGreaterThan(176);
    expect(rim?.ellipse.major).toBeLessThan(184);
  });

  it.each([
    { ang: 4.32, reach: 11.7, relief: 0.1, depth: 0.65, soft: 3.1, tone: 118, grain: 22, seed: 554 },
    { ang: 4.69, reach: 11.4, relief: 0.11, depth: 0.45, soft: 7, tone: 101, grain: 15, seed: 654 },
    { ang: 2.34, reach: 10.9, relief: 0.13, depth: 0.54, soft: 5.6, tone: 137, grain: 10, seed: 25 },
    { ang: 4.49, reach: 9, relief: 0.17, depth: 0.31, soft: 8, tone: 118, grain: 10, seed: 99 },
    { ang: 3.65, reach: 17.1, relief: 0.18, depth: 0.4, soft: 2, tone: 121, grain: 20, seed: 256 },
  ])('takes neither the border of a shadow nor a ring inside for the rim, where the rim is faint ($seed)', (drawn) => {
    const { ang, reach, relief, depth, soft, tone, grain, seed } = drawn;
    const dark = item({
      cx: 110,
      cy: 110,
      major: 126,
      minor: 125,
      angleRad: 0.5,
      colour: [tone, tone * 0.95, tone * 0.85],
      relief,
      shadow: { dx: reach * Math.cos(ang), dy: reach * Math.sin(ang), depth, soft },
    });
    const scene = picture(dark, { width: 220, height: 220, bottom: [150, 140, 120], grain, seed });
    const rim = findRim(scene, { cx: 112, cy: 107, radius: 64 });
    expect(Math.abs((rim?.ellipse.major ?? 0) / 126 - 1), `major ${String(rim?.ellipse.major)}`).toBeLessThan(0.015);
  });

  it('sees less of a rim that lies under another item', () => {
    const under = item();
    const over = item({ cx: 290, cy: 230, major: 170, minor: 170, colour: [180, 150, 90] });
    const scene = draw({ width: 480, height: 420, bottom: grey, noise: 2, blurPx: 0.8, items: [under, over] });
    const hidden = findRim(scene, { cx: 200, cy: 190, radius: 90 });
    const whole = findRim(scene, { cx: 290, cy: 230, radius: 85 });
    expect(hidden?.seen ?? 0).toBeLessThan(0.85);
    expect(whole?.seen).toBeGreaterThan(0.85);
    expect(hidden?.seen ?? 0).toBeLessThan((whole?.seen ?? 0) - 0.1);
  });

  it('gives a rim width that grows with blur and does not depend on what the item shows', () => {
    const width = (blurPx: number, relief: number) =>
      findRim(picture(item({ relief }), { blurPx, noise: 1 }), { cx: 200, cy: 190, radius: 92 })?.widthPx ?? 0;
    const sharp = [0, 0.1, 0.25].map((relief) => width(0.8, relief));
    const soft = [0, 0.1, 0.25].map((relief) => width(4, relief));
    expect(Math.max(...sharp)).toBeLessThan(5);
    expect(Math.min(...soft)).toBeGreaterThan(1.5 * Math.max(...sharp));
  });

  it('sees no rim where there is none', () => {
    const empty = draw({ width: 400, height: 380, bottom: grey, grain: 2, noise: 1, items: [] });
    expect(findRim(empty, { cx: 200, cy: 190, radius: 90 })?.seen ?? 0).toBeLessThan(0.5);
  });
});

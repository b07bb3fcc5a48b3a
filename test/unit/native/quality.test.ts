import { describe, expect, it } from 'vitest';
import type { Picture } from '../../../src/native/picture.js';
import {
  changeOfThumbs,
  type ComparedScene,
  differingCells,
  discFocus,
  discLights,
  lightAndThumb,
  steepestStep,
} from '../../../src/native/quality.js';
import { isInside } from '../../../src/pipeline/ellipse.js';
import { noisePicture, seededRandom } from './pictures.js';
import { changeBetween, thumbOf } from './reference/change.js';
import { differenceFromEmpty } from './reference/difference.js';
import { discExposure, pictureExposure } from './reference/light.js';
import { sharpnessAgainst } from './reference/sharpness.js';

const random = seededRandom(4_711);
const between = (low: number, high: number) => low + random() * (high - low);
const whole = (low: number, high: number) => Math.floor(between(low, high + 1));
const refused = expect.objectContaining({ code: 'NATIVE_ARGUMENT' });

const picture = (): Picture => {
  const noise = noisePicture(random, {
    width: whole(64, 140),
    height: whole(64, 120),
    format: random() < 0.5 ? 'rgb' : 'grey',
    padding: whole(0, 9),
  });
  const gain = between(0.2, 2.5);
  return { ...noise, data: noise.data.map((value) => Math.min(255, value * gain)) };
};
const outline = ({ width, height }: Picture) => {
  const major = between(4, 160);
  const angleRad = between(-2, 2);
  return {
    cx: between(-20, width + 20),
    cy: between(-20, height + 20),
    major,
    minor: major * between(0.5, 1),
    angleRad,
  };
};

/** By its definition: every pixel inside whose four neighbours the picture holds. */
function referenceFocus(of: Picture, ellipse: ReturnType<typeof outline>, scale: number): number {
  const channels = of.format === 'rgb' ? 3 : 1;
  const luma = (x: number, y: number) => {
    const [r = 0, g = 0, b = 0] = of.data.subarray(y * of.stride + x * channels);
    return channels === 3 ? (299 * r + 587 * g + 114 * b) / 1000 : r;
  };
  const values: number[] = [];
  for (let y = 1; y < of.height - 1; y++)
    for (let x = 1; x < of.width - 1; x++)
      if (isInside(ellipse, x, y, scale))
        values.push(luma(x - 1, y) + luma(x + 1, y) + luma(x, y - 1) + luma(x, y + 1) - 4 * luma(x, y));
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length);
}

describe('light, thumb and focus against their definitions', () => {
  it('of whole pictures', () => {
    for (let round = 0; round < 40; round++) {
      const one = picture();
      const expected = pictureExposure(one);
      const wanted = thumbOf(one);
      const { light, thumb } = lightAndThumb(one, { step: 4, shrink: 8, width: wanted.width, height: wanted.height });
      expect(light.luma).toBeCloseTo(expected.luma, 9);
      expect([light.highlight, light.clipped]).toEqual([expected.highlight, expected.clipped]);
      for (const [at, value] of wanted.luma.entries())
        expect(Math.abs((thumb.luma[at] ?? 0) - value)).toBeLessThan(1e-3);
    }
  });

  it('of discs, wherever they lie', () => {
    for (let round = 0; round < 60; round++) {
      const one = picture();
      const discs = [outline(one), outline(one)];
      for (const [index, light] of discLights(one, discs, 0.92).entries()) {
        const disc = discs[index] ?? outline(one);
        const expected = discExposure(one, disc);
        expect(light.luma).toBeCloseTo(expected.luma, 9);
        expect([light.highlight, light.clipped]).toEqual([expected.highlight, expected.clipped]);
        expect(discFocus(one, disc, 0.8) / (referenceFocus(one, disc, 0.8) || 1)).toBeCloseTo(
          referenceFocus(one, disc, 0.8) === 0 ? 0 : 1,
          9,
        );
      }
    }
  });

  it('of change between thumbs, also of odd sizes', () => {
    for (let round = 0; round < 40; round++) {
      const [width, height] = [whole(1, 40), whole(1, 30)];
      const thumb = () => ({
        width,
        height,
        luma: Float32Array.from({ length: width * height }, () => between(0, 255)),
      });
      const [a, b] = [thumb(), thumb()];
      expect(changeOfThumbs(a, b)).toBeCloseTo(changeBetween(a, b), 9);
    }
  });
});

const scene = (
  width: number,
  height: number,
  usedWidth: number,
  usedHeight: number,
  level: () => number,
): ComparedScene => ({
  data: Float32Array.from({ length: 3 * width * height }, () => (level() - 127.5) / 127.5),
  width,
  height,
  usedWidth,
  usedHeight,
  mean: 127.5,
  std: 127.5,
});

describe('difference from the empty cup', () => {
  it('marks the cells that its definition marks', () => {
    for (let round = 0; round < 25; round++) {
      const [width, height] = [whole(40, 90), whole(40, 70)];
      const [usedWidth, usedHeight] = [width - whole(0, 9), height - whole(0, 9)];
      const empty = scene(width, height, usedWidth, usedHeight, () => between(40, 120));
      const [gain, noise] = [between(0.7, 1.4), between(0, 12)];
      const [left, top] = [whole(0, 20), whole(0, 20)];
      const data = empty.data.map((value, at) => {
        const [x, y] = [at % width, Math.floor(at / width) % height];
        const thing = x > left && x < left + 15 && y > top && y < top + 15 ? between(0, 120) : 0;
        return ((value * 127.5 + 127.5) * gain + between(-noise, noise) + thing - 127.5) / 127.5;
      });
      const now = { ...empty, data };
      const covered = Uint8Array.from({ length: usedWidth * usedHeight }, (_, at) =>
        at % usedWidth > usedWidth - 12 ? 1 : 0,
      );
      const expected = differenceFromEmpty({ ...now, scale: 1 }, { ...empty, scale: 1 }, covered);
      expect(expected).toContain(1);
      // Single against double precision: a value on the very border of a limit may fall to either side of it.
      const other = differingCells(now, empty, covered).filter((value, at) => value !== expected[at]).length;
      expect(other).toBeLessThanOrEqual(3);
    }
  });

  it('finds the steepest steps that its definition finds', () => {
    for (let round = 0; round < 20; round++) {
      const [width, height] = [whole(2, 60), whole(2, 60)];
      const make = () => scene(width, height, width - whole(0, 1), height - whole(0, 1), () => between(0, 255));
      const [one, two] = [make(), make()];
      if (Math.min(one.usedWidth, one.usedHeight, two.usedWidth, two.usedHeight) < 2) continue;
      const expected = sharpnessAgainst({ ...one, scale: 1 }, { ...two, scale: 1 });
      expect(steepestStep(one) / steepestStep(two)).toBeCloseTo(expected, 9);
    }
  });
});

describe('quality refuses', () => {
  const one = noisePicture(random, { width: 64, height: 64, format: 'rgb' });

  it('thumbs, outlines, scenes and masks that do not fit', () => {
    expect(() => lightAndThumb(one, { step: 4, shrink: 8, width: 9, height: 8 })).toThrow(refused);
    expect(() => lightAndThumb(one, { step: 0, shrink: 8, width: 8, height: 8 })).toThrow(refused);
    expect(() => lightAndThumb(one, { step: 4, shrink: 4 as 8, width: 8, height: 8 })).toThrow(refused);
    const disc = { cx: 30, cy: 30, major: 20, minor: 20, angleRad: 0 };
    for (const bad of [{ cx: Number.NaN }, { major: 0 }, { minor: -1 }, { angleRad: Infinity }, { cy: 1e9 }]) {
      expect(() => discLights(one, [{ ...disc, ...bad }], 0.9)).toThrow(refused);
      expect(() => discFocus(one, { ...disc, ...bad }, 0.9)).toThrow(refused);
    }
    const luma = new Float32Array(64);
    expect(() =>
      changeOfThumbs({ width: 8, height: 8, luma }, { width: 8, height: 8, luma: luma.subarray(1) }),
    ).toThrow(refused);
    const small = scene(20, 20, 20, 20, () => 9);
    expect(() => differingCells(small, small, new Uint8Array(399))).toThrow(refused);
    expect(() =>
      differingCells(
        small,
        scene(20, 21, 20, 20, () => 9),
        new Uint8Array(400),
      ),
    ).toThrow(refused);
    expect(() => differingCells({ ...small, usedWidth: 21 }, small, new Uint8Array(420))).toThrow(refused);
    expect(() => steepestStep({ ...small, usedHeight: 21 })).toThrow(refused);
  });
});

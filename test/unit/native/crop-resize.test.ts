import { describe, expect, it } from 'vitest';
import { callNative } from '../../../src/native/addon.js';
import { type CropOptions, cropResize, toGrey } from '../../../src/native/crop-resize.js';
import type { Picture } from '../../../src/native/picture.js';
import { noisePicture, seededRandom } from './pictures.js';
import { referenceCrop } from './reference-crop.js';

const plain = { mean: 0, std: 1, fill: 99 } as const;

function crops(picture: Picture, boxes: readonly (readonly number[])[], options: CropOptions): Float32Array {
  const out = new Float32Array(boxes.length * options.channels * options.width * options.height).fill(Number.NaN);
  cropResize(picture, Float32Array.from(boxes.flat()), options, out);
  return out;
}

function largestDifference(actual: Float32Array, expected: Float64Array): number {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((worst, value, i) => {
    const difference = Math.abs(value - (expected[i] ?? Number.NaN));
    return difference <= worst ? worst : difference;
  }, 0);
}

const random = seededRandom(20_261);
const between = (low: number, high: number) => low + random() * (high - low);
const whole = (low: number, high: number) => Math.floor(between(low, high + 1));

describe('cropResize against its definition', () => {
  const kinds = {
    'shrinking boxes within the picture': () => [between(0, 20), between(0, 20), between(30, 60), between(30, 50)],
    'enlarging boxes within the picture': () => [between(0, 60), between(0, 50), between(1, 6), between(1, 6)],
    'boxes that leave the picture on every side': () => [
      between(-40, 70),
      between(-40, 60),
      between(20, 90),
      between(20, 90),
    ],
    'boxes wholly outside': () => [between(200, 300), between(-300, -200), between(1, 90), between(1, 90)],
    'one axis shrinks, the other grows': () => [between(-5, 20), between(-5, 20), between(60, 90), between(1, 4)],
  };
  for (const [kind, box] of Object.entries(kinds)) {
    it(kind, () => {
      for (let round = 0; round < 12; round += 1) {
        const picture = noisePicture(random, {
          width: whole(64, 90),
          height: whole(60, 80),
          format: random() < 0.5 ? 'rgb' : 'grey',
          padding: whole(0, 9),
        });
        const options: CropOptions = {
          width: whole(6, 24),
          height: whole(6, 24),
          mean: between(0, 200),
          std: between(50, 128),
          fill: between(0, 255),
          channels: random() < 0.5 ? 3 : 1,
        };
        const boxes = [box(), box()].map((values) => [...Float32Array.from(values)]);
        const expected = boxes.flatMap((values) => [...referenceCrop(picture, values, options)]);
        // Values have a size of up to 255 / 50; float32 sums over a hundred pixels keep five digits.
        expect(largestDifference(crops(picture, boxes, options), Float64Array.from(expected))).toBeLessThan(1e-4);
      }
    });
  }

  it('gives back the pixels themselves at their own size', () => {
    const picture = noisePicture(random, { width: 70, height: 66, format: 'grey' });
    expect(crops(picture, [[0, 0, 70, 66]], { ...plain, width: 70, height: 66, channels: 1 })).toEqual(
      Float32Array.from(picture.data),
    );
  });

  it('keeps the order of planes, rows and boxes', () => {
    const picture = noisePicture(random, { width: 64, height: 64, format: 'rgb' });
    const at = (x: number, y: number) => [...picture.data.subarray((y * 64 + x) * 3, (y * 64 + x) * 3 + 3)];
    const boxes = [
      [5, 9, 1, 1],
      [30, 2, 1, 1],
    ];
    expect([...crops(picture, boxes, { ...plain, width: 1, height: 1, channels: 3 })]).toEqual([
      ...at(5, 9),
      ...at(30, 2),
    ]);
  });

  it('takes no boxes and writes nothing', () => {
    const picture = noisePicture(random, { width: 64, height: 64, format: 'rgb' });
    expect(crops(picture, [], { ...plain, width: 8, height: 8, channels: 3 })).toHaveLength(0);
  });
});

describe('cropResize refuses', () => {
  const picture = noisePicture(random, { width: 64, height: 64, format: 'rgb' });
  const options: CropOptions = { ...plain, width: 8, height: 8, channels: 3 };
  const box = new Float32Array([0, 0, 64, 64]);
  const room = 3 * 8 * 8;
  const detached = new Float32Array(room);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });

  const cases: Record<string, [Picture, Float32Array, CropOptions, Float32Array]> = {
    'NaN in a box': [picture, new Float32Array([0, Number.NaN, 4, 4]), options, new Float32Array(room)],
    'a box without width': [picture, new Float32Array([0, 0, 0, 4]), options, new Float32Array(room)],
    'a box of infinite height': [picture, new Float32Array([0, 0, 4, Infinity]), options, new Float32Array(room)],
    'a box far away': [picture, new Float32Array([1e6, 0, 4, 4]), options, new Float32Array(room)],
    'half a box': [picture, new Float32Array([0, 0, 4]), options, new Float32Array(room)],
    '257 boxes': [picture, new Float32Array(257 * 4).fill(1), options, new Float32Array(257 * room)],
    'a result too short': [picture, box, options, new Float32Array(room - 1)],
    'a result too long': [picture, box, options, new Float32Array(room + 1)],
    'a detached result': [picture, box, options, detached],
    'a std of 0': [picture, box, { ...options, std: 0 }, new Float32Array(room)],
    'a mean that is NaN': [picture, box, { ...options, mean: Number.NaN }, new Float32Array(room)],
    'crops of 0 pixels': [picture, box, { ...options, width: 0 }, new Float32Array(room)],
    'crops of 2049 pixels': [picture, box, { ...options, height: 2049 }, new Float32Array(room)],
    'two channels': [picture, box, { ...options, channels: 2 as 1 }, new Float32Array(room)],
    'a stride below the row': [{ ...picture, stride: 191 }, box, options, new Float32Array(room)],
    'a picture that is cut short': [
      { ...picture, data: picture.data.subarray(1) },
      box,
      options,
      new Float32Array(room),
    ],
    'a width that is no whole number': [{ ...picture, width: 63.5 }, box, options, new Float32Array(room)],
    'a format that it does not know': [{ ...picture, format: 'bgr' as 'rgb' }, box, options, new Float32Array(room)],
  };
  for (const [what, [source, boxes, crop, out]] of Object.entries(cases)) {
    it(`${what}, in front and in the addon`, () => {
      expect(() => cropResize(source, boxes, crop, out)).toThrow(expect.objectContaining({ code: 'NATIVE_ARGUMENT' }));
      const { data, width, height, stride, format } = source;
      const channels = { rgb: 3, grey: 1 }[format] as 1 | 3;
      const { mean, std, fill } = crop;
      const raw = () =>
        callNative((addon) =>
          addon.cropResize(
            data,
            width,
            height,
            stride,
            channels,
            boxes,
            crop.width,
            crop.height,
            crop.channels,
            mean,
            std,
            fill,
            out,
          ),
        );
      expect(raw).toThrow(expect.objectContaining({ code: 'NATIVE_ARGUMENT' }));
      expect([...new Set(out.length > 0 ? out : [0])]).toEqual([0]);
    });
  }
});

describe('toGrey', () => {
  it('is the rounded BT.601 luma, without padding', () => {
    const picture = noisePicture(random, { width: 80, height: 70, format: 'rgb', padding: 5 });
    const grey = toGrey(picture);
    expect(grey).toMatchObject({ width: 80, height: 70, stride: 80, format: 'grey' });
    for (const [i, value] of grey.data.entries()) {
      const at = Math.floor(i / 80) * picture.stride + (i % 80) * 3;
      const [r = 0, g = 0, b = 0] = picture.data.subarray(at, at + 3);
      expect(Math.abs(value - (0.299 * r + 0.587 * g + 0.114 * b))).toBeLessThanOrEqual(0.501);
    }
  });

  it('copies a grey picture', () => {
    const picture = noisePicture(random, { width: 64, height: 64, format: 'grey' });
    const grey = toGrey(picture);
    expect(grey.data).toEqual(picture.data);
    expect(grey.data.buffer).not.toBe(picture.data.buffer);
  });
});

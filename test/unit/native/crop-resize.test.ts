import { describe, expect, it } from 'vitest';
import { callNative } from '../../../src/native/addon.js';
import {
  type CropOptions,
  type CropTensor,
  cropPaths,
  cropResize,
  cropResizeAsync,
  toGrey,
} from '../../../src/native/crop-resize.js';
import type { RawFrame } from '../../../src/native/picture.js';
import { halfValue, noiseFrame, noisePicture, seededRandom } from './pictures.js';
import { referenceCrop } from './reference-crop.js';

const plain = { mean: 0, std: 1, fill: 99 } as const;

const random = seededRandom(20_261);
const between = (low: number, high: number) => low + random() * (high - low);
const whole = (low: number, high: number) => Math.floor(between(low, high + 1));
function oneOf<T>(...values: readonly T[]): T {
  const value = values[whole(0, values.length - 1)];
  if (value === undefined) throw new Error('nothing to choose from');
  return value;
}

const values = (boxes: number, { channels, width, height }: CropOptions) => boxes * channels * width * height;

function crops(frame: RawFrame, boxes: readonly (readonly number[])[], options: CropOptions): Float32Array {
  const out = new Float32Array(values(boxes.length, options)).fill(Number.NaN);
  cropResize(frame, Float32Array.from(boxes.flat()), options, out);
  return out;
}

function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i += 1) {
    const difference = Math.abs((actual[i] ?? Number.NaN) - (expected[i] ?? Number.NaN));
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

const formats: readonly RawFrame['format'][] = ['rgb', 'grey', 'yuyv', 'nv12'];

function anyFrame(format: RawFrame['format']): RawFrame {
  return noiseFrame(random, { width: 2 * whole(30, 45), height: 2 * whole(30, 40), format, padding: whole(0, 9) });
}

function anyOptions(): CropOptions {
  const channels = oneOf<1 | 3>(1, 3);
  const colour = (low: number, high: number) => [between(low, high), between(low, high), between(low, high)] as const;
  const triples = channels === 3 && random() < 0.5;
  return {
    width: whole(5, 24),
    height: whole(5, 24),
    channels,
    mean: triples ? colour(0, 200) : between(0, 200),
    std: triples ? colour(50, 128) : between(50, 128),
    fill: random() < 0.5 ? colour(0, 255) : between(0, 255),
    squaring: oneOf('stretch', 'grow', 'pad'),
    ...(random() < 0.4 ? { discPx: between(3, 30) } : {}),
  };
}

const kinds: Record<string, () => number[]> = {
  'shrinking boxes within the picture': () => [between(0, 20), between(0, 20), between(26, 60), between(26, 50)],
  'enlarging boxes within the picture': () => [between(0, 60), between(0, 50), between(1, 5), between(1, 5)],
  'boxes that leave the picture': () => [between(-40, 70), between(-40, 60), between(10, 90), between(10, 90)],
  'boxes wholly outside': () => [between(200, 300), between(-300, -200), between(1, 90), between(1, 90)],
  'one axis shrinks, the other grows': () => [between(-5, 20), between(-5, 20), between(60, 90), between(1, 4)],
  'boxes much larger than the picture': () => [between(-900, -800), between(-700, -600), 1900, between(1200, 1500)],
};

// Values have a size of up to 255 / 50; float32 sums over a hundred pixels keep five digits.
const closeEnough = 1e-4;

describe.each(cropPaths())('cropResize on the path %s, against its definition', (path) => {
  describe.each(formats)('%s', (format) => {
    it.each(Object.keys(kinds))('%s', (kind) => {
      for (let round = 0; round < 5; round += 1) {
        const frame = anyFrame(format);
        const options = { ...anyOptions(), path };
        const boxes = [kinds[kind]?.() ?? [], kinds[kind]?.() ?? []].map((box) => [...Float32Array.from(box)]);
        const expected = boxes.flatMap((box) => [...referenceCrop(frame, box, options)]);
        expect(largestDifference(crops(frame, boxes, options), expected)).toBeLessThan(closeEnough);
      }
    });

    it('rotated boxes', () => {
      for (let round = 0; round < 12; round += 1) {
        const frame = anyFrame(format);
        const options = { ...anyOptions(), path, rotated: true };
        const box = () => [between(-10, 90), between(-10, 80), between(2, 60), between(2, 60), between(-7, 7)];
        const boxes = [box(), box()].map((one) => [...Float32Array.from(one)]);
        const expected = boxes.flatMap((one) => [...referenceCrop(frame, one, options)]);
        expect(largestDifference(crops(frame, boxes, options), expected)).toBeLessThan(closeEnough);
      }
    });
  });

  it('stores half precision and bytes, each rounded to the nearest', () => {
    for (let round = 0; round < 20; round += 1) {
      const frame = anyFrame(oneOf(...formats));
      const options = { ...anyOptions(), path };
      const box = [...Float32Array.from(kinds['boxes that leave the picture']?.() ?? [])];
      const boxes = Float32Array.from(box);
      const expected = referenceCrop(frame, box, options);
      const halves = new Uint16Array(values(1, options));
      cropResize(frame, boxes, options, halves);
      // Eleven bits of up to 6, and what float32 itself is off.
      expect(largestDifference(Float64Array.from(halves, halfValue), expected)).toBeLessThan(2 ** -9 + closeEnough);
      const bytes = new Uint8Array(values(1, options));
      const scaled = { ...options, mean: 20, std: 0.8 };
      cropResize(frame, boxes, scaled, bytes);
      const wanted = referenceCrop(frame, box, scaled).map((value) => Math.min(255, Math.max(0, value)));
      expect(largestDifference(bytes, wanted)).toBeLessThan(0.51);
    }
  });

  it('gives back the pixels themselves at their own size', () => {
    for (const width of [4, 5, 6, 70]) {
      const picture = noisePicture(random, { width, height: 66, format: 'rgb' });
      const options = { ...plain, width, height: 66, channels: 3, path } as const;
      const out = new Uint8Array(values(1, options));
      cropResize(picture, Float32Array.of(0, 0, width, 66), options, out);
      const plane = width * 66;
      expect(picture.data.every((value, i) => out[(i % 3) * plane + Math.floor(i / 3)] === value)).toBe(true);
    }
  });
});

describe('cropResize', () => {
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

  it('gives on every path what the others give, within 1/255 of full scale', () => {
    const paths = cropPaths();
    for (let round = 0; round < 60; round += 1) {
      const frame = anyFrame(oneOf(...formats));
      const rotated = random() < 0.5;
      const options: CropOptions = { ...anyOptions(), mean: 0, std: 1, rotated };
      const box = [between(-20, 60), between(-20, 60), between(2, 90), between(2, 90), between(-4, 4)];
      const boxes = Float32Array.from(rotated ? box : box.slice(0, 4));
      const results = paths.map((path) => {
        const bytes = new Uint8Array(values(1, options));
        cropResize(frame, boxes, { ...options, path }, bytes);
        return bytes;
      });
      for (const other of results) expect(largestDifference(other, results[0] ?? [])).toBeLessThanOrEqual(1);
    }
  });

  it('is the same off the event loop, and many calls at once', async () => {
    const frame = anyFrame('nv12');
    const options: CropOptions = { ...anyOptions(), channels: 3 };
    const boxes = Array.from({ length: 40 }, () => Float32Array.from(kinds['boxes that leave the picture']?.() ?? []));
    const expected = boxes.map((box) => crops(frame, [[...box]], options));
    const outs = boxes.map(() => new Float32Array(values(1, options)));
    const given = boxes.map((box, i) => cropResizeAsync(frame, box, options, outs[i] ?? new Float32Array()));
    // The boxes were copied.
    for (const box of boxes) box.fill(Number.NaN);
    await Promise.all(given);
    expect(outs).toEqual(expected);
  });
});

describe('cropResize refuses', () => {
  const picture: RawFrame = noisePicture(random, { width: 64, height: 64, format: 'rgb' });
  const options: CropOptions = { ...plain, width: 8, height: 8, channels: 3 };
  const box = new Float32Array([0, 0, 64, 64]);
  const room = 3 * 8 * 8;
  const detached = new Float32Array(room);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const turned = { ...options, rotated: true };
  const yuyv = { ...picture, format: 'yuyv' } as const;
  const absent = (['scalar', 'avx2', 'neon'] as const).find((path) => !cropPaths().includes(path));

  type Case = readonly [RawFrame, Float32Array, CropOptions, CropTensor?];
  const cases: Record<string, Case> = {
    'NaN in a box': [picture, new Float32Array([0, Number.NaN, 4, 4]), options],
    'a box without width': [picture, new Float32Array([0, 0, 0, 4]), options],
    'a box of infinite height': [picture, new Float32Array([0, 0, 4, Infinity]), options],
    'a box far away': [picture, new Float32Array([1e6, 0, 4, 4]), options],
    'half a box': [picture, new Float32Array([0, 0, 4]), options],
    '257 boxes': [picture, new Float32Array(257 * 4).fill(1), options, new Float32Array(257 * room)],
    'a rotated box without an angle': [picture, box, turned],
    'an angle that is NaN': [picture, new Float32Array([9, 9, 4, 4, Number.NaN]), turned],
    'a rotated box 33 times as large as its crop': [picture, new Float32Array([9, 9, 4, 264, 0]), turned],
    'one that is so when it is squared': [
      picture,
      new Float32Array([9, 9, 4, 80, 0]),
      { ...turned, width: 2, squaring: 'grow' },
      new Float32Array(3 * 2 * 8),
    ],
    'a result too short': [picture, box, options, new Float32Array(room - 1)],
    'a result too long': [picture, box, options, new Uint16Array(room + 1)],
    'a detached result': [picture, box, options, detached],
    'a result of another type': [picture, box, options, new Int32Array(room) as unknown as Float32Array],
    'a std of 0': [picture, box, { ...options, std: 0 }],
    'a std of which the inverse is infinite': [picture, box, { ...options, std: [1, 1, 1e-45] }],
    'a mean that is NaN': [picture, box, { ...options, mean: Number.NaN }],
    'a fill that is infinite': [picture, box, { ...options, fill: [0, 0, Infinity] }],
    'a disc of 5000 pixels': [picture, box, { ...options, discPx: 5000 }],
    'a negative disc': [picture, box, { ...options, discPx: -1 }],
    'crops of 0 pixels': [picture, box, { ...options, width: 0 }],
    'crops of 2049 pixels': [picture, box, { ...options, height: 2049 }],
    'two channels': [picture, box, { ...options, channels: 2 as 1 }],
    'a stride below the row': [{ ...picture, stride: 191 }, box, options],
    'a picture that is cut short': [{ ...picture, data: picture.data.subarray(1) }, box, options],
    'a width that is no whole number': [{ ...picture, width: 63.5 }, box, options],
    'a format that it does not know': [{ ...picture, format: 'bgr' as 'rgb' }, box, options],
    'YUYV of odd width': [{ ...yuyv, width: 63 }, box, options],
    'NV12 of odd height': [{ ...picture, format: 'nv12', height: 63 }, box, options],
    'NV12 without its colours': [
      { ...picture, format: 'nv12', data: picture.data.subarray(0, 64 * 192) },
      box,
      options,
    ],
    ...(absent === undefined
      ? {}
      : { 'a path that this processor lacks': [picture, box, { ...options, path: absent }] }),
  };
  it.each(Object.entries(cases))('%s, in front and in the addon', async (_, [source, boxes, crop, given]) => {
    const out = given ?? new Float32Array(room);
    const refusal = expect.objectContaining({ code: 'NATIVE_ARGUMENT' }) as unknown;
    expect(() => cropResize(source, boxes, crop, out)).toThrow(refusal);
    await expect(cropResizeAsync(source, boxes, crop, out)).rejects.toThrow(refusal);
    const { data, width, height, stride, format } = source;
    const triple = (value: CropOptions['mean']) =>
      typeof value === 'number' ? ([value, value, value] as const) : value;
    const raw = [
      data,
      width,
      height,
      stride,
      { rgb: 3, grey: 1, yuyv: 4, nv12: 5, bgr: 2 }[format] ?? 0,
      boxes,
      crop.rotated === true ? 1 : 0,
      ['stretch', 'grow', 'pad'].indexOf(crop.squaring ?? 'stretch'),
      crop.width,
      crop.height,
      crop.channels,
      ...triple(crop.mean),
      ...triple(crop.std),
      ...triple(crop.fill),
      crop.discPx ?? 0,
      [undefined, 'scalar', 'avx2', 'neon'].indexOf(crop.path),
      out,
    ] as const;
    expect(() => callNative((addon) => addon.cropResize(...raw))).toThrow(refusal);
    expect(() => callNative((addon) => addon.cropResizeAsync(...raw))).toThrow(refusal);
    expect([...new Set(out.length > 0 ? out : [0])]).toEqual([0]);
  });

  it.each<[string, object]>([
    ['a misspelt option', { ...options, fil: 0 }],
    ['three means for one channel', { ...options, channels: 1, mean: [1, 2, 3] }],
    ['two stds', { ...options, std: [1, 2] }],
    ['a squaring that it does not know', { ...options, squaring: 'crop' }],
    ['a path that it does not know', { ...options, path: 'sse2' }],
    ['a number for rotated', { ...options, rotated: 1 }],
  ])('%s', (_, crop) => {
    const out = new Float32Array(room);
    expect(() => cropResize(picture, box, crop as CropOptions, out)).toThrow(
      expect.objectContaining({ code: 'NATIVE_ARGUMENT' }),
    );
  });
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

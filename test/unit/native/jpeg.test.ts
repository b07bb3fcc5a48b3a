import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { callNative } from '../../../src/native/addon.js';
import { toGrey } from '../../../src/native/crop-resize.js';
import { decodeJpeg, decodeJpegAside, encodeJpeg } from '../../../src/native/jpeg.js';
import { scenePicture } from './pictures.js';

const width = 331;
const height = 275;
const scene = scenePicture(width, height);
const raw = { raw: { width, height, channels: 3 } } as const;
let jpeg: Buffer;

const code = (wanted: string) => expect.objectContaining({ code: wanted });

/** Mean absolute difference of two pictures' bytes. */
function meanDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? Number.NaN)), 0) / a.length;
}

/** Where the frame header (SOF0, baseline) says height and width, each in two bytes. */
function withCodedSize(bytes: Buffer, codedWidth: number, codedHeight: number): Buffer {
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  expect(frame).toBeGreaterThan(0);
  const changed = Buffer.from(bytes);
  changed.writeUInt16BE(codedHeight, frame + 5);
  changed.writeUInt16BE(codedWidth, frame + 7);
  return changed;
}

beforeAll(async () => {
  jpeg = await sharp(scene.data, raw).jpeg({ quality: 92 }).toBuffer();
});

describe('decodeJpeg', () => {
  it('gives what another decoder gives', async () => {
    const picture = decodeJpeg(jpeg);
    expect(picture).toMatchObject({ width, height, format: 'rgb', stride: width * 3 });
    const other = await sharp(jpeg).raw().toBuffer();
    expect(meanDifference(picture.data, other)).toBeLessThan(0.5);
    expect(meanDifference(picture.data, scene.data)).toBeLessThan(3);
  });

  it('decodes progressive, grey and 4:4:4 pictures too', async () => {
    const others = await Promise.all([
      sharp(scene.data, raw).jpeg({ progressive: true }).toBuffer(),
      sharp(scene.data, raw).greyscale().jpeg().toBuffer(),
      sharp(scene.data, raw).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer(),
    ]);
    for (const other of others) {
      const expected = await sharp(other).toColourspace('srgb').raw().toBuffer();
      expect(meanDifference(decodeJpeg(other).data, expected)).toBeLessThan(0.5);
    }
  });

  it('gives the same on another thread, and refuses the same', async () => {
    const picture = await decodeJpegAside(jpeg, { format: 'grey', scale: 2 });
    expect(picture).toEqual(decodeJpeg(jpeg, { format: 'grey', scale: 2 }));
    await expect(decodeJpegAside(jpeg.subarray(0, jpeg.length / 2))).rejects.toEqual(code('PICTURE_CORRUPT'));
    await expect(decodeJpegAside(Buffer.from('no JPEG'))).rejects.toEqual(code('PICTURE_CORRUPT'));
    await expect(decodeJpegAside(jpeg, { into: new Uint8Array(10) })).rejects.toEqual(code('NATIVE_ARGUMENT'));
  });

  it('gives the luma on request', () => {
    const grey = decodeJpeg(jpeg, { format: 'grey' });
    expect(grey).toMatchObject({ width, height, format: 'grey', stride: width });
    expect(meanDifference(grey.data, toGrey(decodeJpeg(jpeg)).data)).toBeLessThan(1);
  });

  it.each([2, 4] as const)('decodes at 1/%i, sides rounded up', async (scale) => {
    const small = decodeJpeg(jpeg, { scale });
    expect([small.width, small.height]).toEqual([Math.ceil(width / scale), Math.ceil(height / scale)]);
    const shrunk = await sharp(scene.data, raw)
      .resize(small.width, small.height, { kernel: 'linear', fit: 'fill' })
      .raw()
      .toBuffer();
    expect(meanDifference(small.data, shrunk)).toBeLessThan(3);
  });

  it('ignores what follows the end of the picture', () => {
    const padded = Buffer.concat([jpeg, Buffer.alloc(100)]);
    expect(decodeJpeg(padded).data).toEqual(decodeJpeg(jpeg).data);
  });
});

/** The same JPEG without its segments of Huffman tables, as many cameras send motion JPEG. */
function withoutHuffmanTables(bytes: Buffer): Buffer {
  const kept: Buffer[] = [bytes.subarray(0, 2)];
  for (let at = 2; ; ) {
    const length = 2 + bytes.readUInt16BE(at + 2);
    const marker = bytes[at + 1];
    if (marker === 0xda) return Buffer.concat([...kept, bytes.subarray(at)]);
    if (marker !== 0xc4) kept.push(bytes.subarray(at, at + length));
    at += length;
  }
}

describe('decodeJpeg of motion JPEG', () => {
  it('takes the standard Huffman tables where a frame has none', () => {
    for (const picture of [scene, toGrey(scene)]) {
      const frame = encodeJpeg(picture, 90);
      const bare = withoutHuffmanTables(frame);
      expect(bare.length).toBeLessThan(frame.length - 100);
      expect(Buffer.compare(decodeJpeg(bare).data, decodeJpeg(frame).data)).toBe(0);
    }
  });

  it('refuses such a frame that is cut', () => {
    const bare = withoutHuffmanTables(encodeJpeg(scene, 90));
    expect(() => decodeJpeg(bare.subarray(0, bare.length / 2))).toThrow(code('PICTURE_CORRUPT'));
  });
});

describe('decodeJpeg into memory of the caller', () => {
  it('writes to its beginning and nothing behind', () => {
    for (const format of ['rgb', 'grey'] as const)
      for (const scale of [1, 2, 4] as const) {
        const whole = decodeJpeg(jpeg, { format, scale });
        const into = new Uint8Array(width * height * 3 + 9).fill(77);
        const picture = decodeJpeg(jpeg, { format, scale, into });
        expect(picture.data.buffer).toBe(into.buffer);
        expect(Buffer.compare(picture.data, whole.data)).toBe(0);
        expect(into.subarray(whole.data.length).every((value) => value === 77)).toBe(true);
      }
  });

  it('refuses too little of it', () => {
    const into = new Uint8Array(width * height * 3 - 1);
    expect(() => decodeJpeg(jpeg, { into })).toThrow(code('NATIVE_ARGUMENT'));
    expect(() => decodeJpeg(jpeg, { into: 'text' as unknown as Uint8Array })).toThrow(code('NATIVE_ARGUMENT'));
  });
});

describe('decodeJpeg refuses', () => {
  it.each(Array.from({ length: 20 }, (_, i) => i))('a picture cut at %i/20', (part) => {
    const cut = jpeg.subarray(0, Math.floor((jpeg.length * part) / 20));
    expect(() => decodeJpeg(cut)).toThrow(code('PICTURE_CORRUPT'));
  });

  it('a picture without its last byte, baseline or progressive', async () => {
    expect(() => decodeJpeg(jpeg.subarray(0, -1))).toThrow(code('PICTURE_CORRUPT'));
    const progressive = await sharp(scene.data, raw).jpeg({ progressive: true }).toBuffer();
    expect(() => decodeJpeg(progressive.subarray(0, -1))).toThrow(code('PICTURE_CORRUPT'));
  });

  it('bytes in the middle that are lost', () => {
    const middle = Math.floor(jpeg.length / 2);
    const torn = Buffer.concat([jpeg.subarray(0, middle), jpeg.subarray(middle + 600)]);
    expect(() => decodeJpeg(torn)).toThrow(code('PICTURE_CORRUPT'));
  });

  it('other bytes than a JPEG', () => {
    expect(() => decodeJpeg(Buffer.from('no picture at all'))).toThrow(code('PICTURE_CORRUPT'));
    expect(() => decodeJpeg(new Uint8Array())).toThrow(code('PICTURE_CORRUPT'));
  });

  it.each([
    [0, 0],
    [0, 480],
    [63, 480],
    [480, 63],
    [20_000, 20_000],
    [8193, 100],
    [65_500, 65_500],
  ])('%i×%i pixels, before it allocates them', (codedWidth, codedHeight) => {
    const before = process.memoryUsage().rss;
    expect(() => decodeJpeg(withCodedSize(jpeg, codedWidth, codedHeight))).toThrow(code('PICTURE_SIZE'));
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  it('a scaled side below 64 pixels', () => {
    expect(() => decodeJpeg(jpeg, { scale: 8 })).toThrow(code('PICTURE_SIZE'));
  });

  it('arguments that are none, in front and in the addon', () => {
    const room = new Uint8Array(width * height * 3);
    expect(() => decodeJpeg('text' as unknown as Uint8Array)).toThrow(code('NATIVE_ARGUMENT'));
    expect(() => decodeJpeg(jpeg, { scale: 3 as 2 })).toThrow(code('NATIVE_ARGUMENT'));
    expect(() => decodeJpeg(jpeg, { format: 'bgr' as 'rgb' })).toThrow(code('NATIVE_ARGUMENT'));
    expect(() => callNative((addon) => addon.decodeJpeg({} as Uint8Array, 3, 1, room))).toThrow(
      code('NATIVE_ARGUMENT'),
    );
    expect(() => callNative((addon) => addon.decodeJpeg(jpeg, 2 as 3, 1, room))).toThrow(code('NATIVE_ARGUMENT'));
    expect(() => callNative((addon) => addon.decodeJpeg(jpeg, 3, 3, room))).toThrow(code('NATIVE_ARGUMENT'));
  });
});

describe('encodeJpeg', () => {
  it('writes what another decoder reads, closer with more quality', async () => {
    const differences = await Promise.all(
      [95, 40].map(async (quality) => {
        const other = await sharp(encodeJpeg(scene, quality)).raw().toBuffer();
        return meanDifference(other, scene.data);
      }),
    );
    expect(differences[0]).toBeLessThan(2);
    expect(differences[1]).toBeGreaterThan(differences[0] ?? 0);
  });

  it('reads padded rows and grey pictures', () => {
    const grey = toGrey(scene);
    const stride = width + 13;
    const data = new Uint8Array(stride * height).fill(255);
    for (let y = 0; y < height; y += 1) data.set(grey.data.subarray(y * width, (y + 1) * width), y * stride);
    expect(encodeJpeg({ ...grey, stride, data }, 90)).toEqual(encodeJpeg(grey, 90));
    expect(meanDifference(decodeJpeg(encodeJpeg(grey, 95), { format: 'grey' }).data, grey.data)).toBeLessThan(2);
  });

  it('refuses a quality, a size or rows that are not there', () => {
    expect(() => encodeJpeg(scene, 0)).toThrow(code('NATIVE_ARGUMENT'));
    expect(() => encodeJpeg(scene, Number.NaN)).toThrow(code('NATIVE_ARGUMENT'));
    expect(() => encodeJpeg({ ...scene, width: 63 }, 90)).toThrow(code('PICTURE_SIZE'));
    expect(() => encodeJpeg({ ...scene, data: scene.data.subarray(3) }, 90)).toThrow(code('NATIVE_ARGUMENT'));
    const { data, stride } = scene;
    expect(() => callNative((addon) => addon.encodeJpeg(data, width, height + 1, stride, 3, 90))).toThrow(
      code('NATIVE_ARGUMENT'),
    );
    expect(() => callNative((addon) => addon.encodeJpeg(data, width, height, stride, 3, 101))).toThrow(
      code('NATIVE_ARGUMENT'),
    );
  });
});

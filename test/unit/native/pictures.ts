import type { Picture, RawFrame } from '../../../src/native/picture.js';

/** Marsaglia's xorshift32: the same numbers in [0, 1) for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Noise, with rows padded by `padding` bytes of 255 that nothing may read. */
export function noiseFrame<Format extends RawFrame['format']>(
  random: () => number,
  size: {
    readonly width: number;
    readonly height: number;
    readonly format: Format;
    readonly padding?: number;
  },
): RawFrame & { readonly format: Format } {
  const { width, height, format, padding = 0 } = size;
  const rowBytes = width * { rgb: 3, grey: 1, yuyv: 2, nv12: 1 }[format];
  const stride = rowBytes + padding;
  const rows = format === 'nv12' ? (3 * height) / 2 : height;
  const data = new Uint8Array(stride * rows).map((_, i) => (i % stride < rowBytes ? Math.floor(random() * 200) : 255));
  return { width, height, format, stride, data };
}

/** Noise that is already decoded. */
export function noisePicture(
  random: () => number,
  size: {
    readonly width: number;
    readonly height: number;
    readonly format: Picture['format'];
    readonly padding?: number;
  },
): Picture {
  return noiseFrame(random, size);
}

/** The number that 16 bits of IEEE half precision stand for. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Smooth colours with a few hard edges: what a JPEG keeps well. */
export function scenePicture(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const inDisc = Math.hypot(x - width / 2, y - height / 2) < height / 3;
      data.set([(x * 255) / width, (y * 255) / height, inDisc ? 220 : 60], (y * width + x) * 3);
    }
  }
  return { width, height, format: 'rgb', stride: width * 3, data };
}

import type { Picture } from '../../../src/native/picture.js';

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
export function noisePicture(
  random: () => number,
  size: {
    readonly width: number;
    readonly height: number;
    readonly format: Picture['format'];
    readonly padding?: number;
  },
): Picture {
  const { width, height, format, padding = 0 } = size;
  const rowBytes = width * (format === 'rgb' ? 3 : 1);
  const stride = rowBytes + padding;
  const data = new Uint8Array(stride * height).map((_, i) =>
    i % stride < rowBytes ? Math.floor(random() * 200) : 255,
  );
  return { width, height, format, stride, data };
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

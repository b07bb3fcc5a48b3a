import { CupcheckError } from '../../../../src/errors.js';
import { cropResize } from '../../../../src/native/crop-resize.js';
import type { Picture } from '../../../../src/pipeline/frame.js';

/** A picture at an eighth of its size, grey: enough to see that something moved, small enough to compare at every frame. */
export interface Thumb {
  readonly width: number;
  readonly height: number;
  /** Luma 0 to 255. */
  readonly luma: Float32Array;
}

const SHRINK = 8;
/** Blocks of this many thumb pixels a side are compared: noise averages out in one, and a moved rim fills a good part of it. */
const BLOCK = 8;

export function thumbOf(picture: Picture): Thumb {
  const width = Math.floor(picture.width / SHRINK);
  const height = Math.floor(picture.height / SHRINK);
  const luma = new Float32Array(width * height);
  const whole = Float32Array.of(0, 0, width * SHRINK, height * SHRINK);
  cropResize(picture, whole, { width, height, mean: 0, std: 1, fill: 0, channels: 1 }, luma);
  return { width, height, luma };
}

const meanOf = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** A lamp that flickers or an exposure that settles changes the whole picture by at most so much; more is a change. */
const MAX_GAIN = 1.15;

/**
 * How much two pictures of one cup differ: the mean difference of the block that differs most, in levels of 255,
 * after a common change of brightness is taken out. Sensor noise alone stays under 1.
 * @throws PICTURE_SIZE where their sizes differ
 */
export function changeBetween(a: Thumb, b: Thumb): number {
  if (a.width !== b.width || a.height !== b.height)
    throw new CupcheckError(
      'PICTURE_SIZE',
      `the frames differ in size: ${String(a.width * SHRINK)}×${String(a.height * SHRINK)} and ${String(b.width * SHRINK)}×${String(b.height * SHRINK)}`,
    );
  const ratio = (meanOf(a.luma) + 1) / (meanOf(b.luma) + 1);
  const gain = Math.min(MAX_GAIN, Math.max(1 / MAX_GAIN, ratio));
  let most = 0;
  // Blocks overlap by half, so that a change on a border is whole in one of them.
  for (let top = 0; top < a.height; top += BLOCK / 2)
    for (let left = 0; left < a.width; left += BLOCK / 2) {
      let sum = 0;
      let count = 0;
      for (let y = top; y < Math.min(a.height, top + BLOCK); y++)
        for (let x = left; x < Math.min(a.width, left + BLOCK); x++) {
          const at = y * a.width + x;
          sum += Math.abs((a.luma[at] ?? 0) - gain * (b.luma[at] ?? 0));
          count++;
        }
      if (count >= (BLOCK * BLOCK) / 2) most = Math.max(most, sum / count);
    }
  return most;
}

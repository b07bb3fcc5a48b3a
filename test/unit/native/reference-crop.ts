import type { Picture } from '../../../src/native/picture.js';

export interface Crop {
  readonly width: number;
  readonly height: number;
  readonly mean: number;
  readonly std: number;
  readonly fill: number;
  readonly channels: 1 | 3;
}

/** One channel at a whole pixel, with `fill` everywhere outside the picture. `grey` mixes RGB by BT.601. */
function pixelAt(picture: Picture, x: number, y: number, channel: number | 'grey', fill: number): number {
  if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) return fill;
  const bytes = picture.format === 'rgb' ? 3 : 1;
  const at = (c: number) => picture.data[y * picture.stride + x * bytes + c] ?? Number.NaN;
  if (bytes === 1) return at(0);
  return channel === 'grey' ? 0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2) : at(channel);
}

/** Source pixels and their shares for one output pixel, straight from the definition. */
function shares(start: number, length: number, outputs: number, index: number): [pixel: number, share: number][] {
  const step = length / outputs;
  if (step > 1) {
    const from = start + index * step;
    const to = from + step;
    const found: [number, number][] = [];
    for (let pixel = Math.floor(from); pixel < to; pixel += 1) {
      found.push([pixel, (Math.min(to, pixel + 1) - Math.max(from, pixel)) / step]);
    }
    return found;
  }
  const centre = start + (index + 0.5) * step - 0.5;
  const left = Math.floor(centre);
  return [
    [left, 1 - (centre - left)],
    [left + 1, centre - left],
  ];
}

/** What `cropResize` must give, in double precision, with no regard for time: the sum over both axes, pixel by pixel. */
export function referenceCrop(picture: Picture, box: readonly number[], crop: Crop): Float64Array {
  const [x = 0, y = 0, width = 0, height = 0] = box;
  const out = new Float64Array(crop.channels * crop.height * crop.width);
  let next = 0;
  for (let channel = 0; channel < crop.channels; channel += 1) {
    for (let row = 0; row < crop.height; row += 1) {
      for (let column = 0; column < crop.width; column += 1) {
        let sum = 0;
        for (const [py, shareY] of shares(y, height, crop.height, row)) {
          for (const [px, shareX] of shares(x, width, crop.width, column)) {
            sum += shareX * shareY * pixelAt(picture, px, py, crop.channels === 1 ? 'grey' : channel, crop.fill);
          }
        }
        out[next] = (sum - crop.mean) / crop.std;
        next += 1;
      }
    }
  }
  return out;
}

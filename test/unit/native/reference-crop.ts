import type { CropOptions } from '../../../src/native/crop-resize.js';
import type { RawFrame } from '../../../src/native/picture.js';

type Colour = readonly [number, number, number];

const triple = (value: CropOptions['mean']): Colour => (typeof value === 'number' ? [value, value, value] : value);
const luma = ([r, g, b]: Colour) => 0.299 * r + 0.587 * g + 0.114 * b;

/** The bytes of a pixel as they lie in the frame: RGB, Y U V, or grey three times. */
function bytesAt({ format, data, stride, height }: RawFrame, x: number, y: number): Colour {
  const at = (offset: number) => data[offset] ?? Number.NaN;
  const row = y * stride;
  const pair = x - (x % 2);
  if (format === 'rgb') return [at(row + 3 * x), at(row + 3 * x + 1), at(row + 3 * x + 2)];
  if (format === 'yuyv') return [at(row + 2 * x), at(row + 2 * pair + 1), at(row + 2 * pair + 3)];
  const colours = (height + Math.floor(y / 2)) * stride + pair;
  if (format === 'nv12') return [at(row + x), at(colours), at(colours + 1)];
  return [at(row + x), at(row + x), at(row + x)];
}

/** BT.601, limited range, from the standard's two weights; not clamped. */
function fromYuv([y, u, v]: Colour): Colour {
  const light = ((y - 16) * 255) / 219;
  const red = light + (((v - 128) * 255) / 112) * (1 - 0.299);
  const blue = light + (((u - 128) * 255) / 112) * (1 - 0.114);
  return [red, (light - 0.299 * red - 0.114 * blue) / 0.587, blue];
}

/** Source pixels and their shares of one output. `content`: what is beyond it is fill. */
function shares(
  [start, length]: readonly [number, number],
  outputs: number,
  index: number,
  content: readonly [number, number],
): [pixel: number, share: number][] {
  const step = length / outputs;
  const held = (from: number, to: number) => Math.max(0, Math.min(to, content[1]) - Math.max(from, content[0]));
  const found: [number, number][] = [];
  if (step > 1) {
    const from = start + index * step;
    const to = from + step;
    for (let pixel = Math.floor(Math.max(from, content[0])); pixel < Math.min(to, content[1]); pixel += 1)
      found.push([pixel, held(Math.max(from, pixel), Math.min(to, pixel + 1)) / step]);
    return found;
  }
  const centre = start + (index + 0.5) * step - 0.5;
  const left = Math.floor(centre);
  for (const [pixel, share] of [
    [left, 1 - (centre - left)],
    [left + 1, centre - left],
  ] as const)
    found.push([pixel, share * held(pixel, pixel + 1)]);
  return found;
}

/** A weighted sum of pixels of the frame: what is missing to a sum of weights of 1 is fill. */
class Sum {
  readonly channels: [number, number, number] = [0, 0, 0];
  inside = 0;

  constructor(private readonly frame: RawFrame) {}

  add(x: number, y: number, share: number): void {
    if (share === 0 || x < 0 || y < 0 || x >= this.frame.width || y >= this.frame.height) return;
    for (const [c, value] of bytesAt(this.frame, x, y).entries())
      this.channels[c] = (this.channels[c] ?? 0) + share * value;
    this.inside += share;
  }

  colour(fill: Colour): Colour {
    const yuv = this.frame.format === 'yuyv' || this.frame.format === 'nv12';
    const mean = this.channels.map((value) => value / this.inside) as [number, number, number];
    const seen = this.inside === 0 ? ([0, 0, 0] as const) : yuv ? fromYuv(mean) : mean;
    return seen.map((value, c) => {
      const clamped = yuv ? Math.min(255, Math.max(0, value)) : value;
      return clamped * this.inside + (fill[c] ?? 0) * (1 - this.inside);
    }) as [number, number, number];
  }

  /** A YUV frame's own Y is its luma, whatever its colours are. */
  grey(fill: Colour): number {
    if (this.frame.format === 'rgb') return luma(this.colour(fill));
    if (this.inside === 0) return luma(fill);
    const own = this.channels[0] / this.inside;
    const value = this.frame.format === 'grey' ? own : Math.min(255, Math.max(0, ((own - 16) * 255) / 219));
    return value * this.inside + luma(fill) * (1 - this.inside);
  }
}

function uprightSum(frame: RawFrame, box: readonly number[], crop: CropOptions, column: number, row: number): Sum {
  const [x = 0, y = 0, width = 0, height = 0] = box;
  const longer = Math.max(width, height);
  const stretched = crop.squaring === undefined || crop.squaring === 'stretch';
  const side = (start: number, length: number, limit: number) => ({
    box: stretched ? ([start, length] as const) : ([start - (longer - length) / 2, longer] as const),
    content: crop.squaring === 'pad' ? ([start, start + length] as const) : ([0, limit] as const),
  });
  const across = side(x, width, frame.width);
  const down = side(y, height, frame.height);
  const sum = new Sum(frame);
  for (const [py, shareY] of shares(down.box, crop.height, row, down.content))
    for (const [px, shareX] of shares(across.box, crop.width, column, across.content)) sum.add(px, py, shareX * shareY);
  return sum;
}

function rotatedSum(frame: RawFrame, box: readonly number[], crop: CropOptions, column: number, row: number): Sum {
  const [cx = 0, cy = 0, width = 0, height = 0, angle = 0] = box;
  const longer = Math.max(width, height);
  const stretched = crop.squaring === undefined || crop.squaring === 'stretch';
  const wide = stretched ? width : longer;
  const high = stretched ? height : longer;
  const [kx, ky] = [Math.ceil(wide / crop.width), Math.ceil(high / crop.height)];
  const sum = new Sum(frame);
  for (let j = 0; j < ky; j += 1)
    for (let i = 0; i < kx; i += 1) {
      const u = ((column + (i + 0.5) / kx) / crop.width - 0.5) * wide;
      const v = ((row + (j + 0.5) / ky) / crop.height - 0.5) * high;
      if (crop.squaring === 'pad' && (Math.abs(u) > width / 2 + 1e-6 || Math.abs(v) > height / 2 + 1e-6)) continue;
      const px = cx + u * Math.cos(angle) - v * Math.sin(angle) - 0.5;
      const py = cy + u * Math.sin(angle) + v * Math.cos(angle) - 0.5;
      const [left, top] = [Math.floor(px), Math.floor(py)];
      const [right, lower] = [px - left, py - top];
      const each = 1 / (kx * ky);
      sum.add(left, top, each * (1 - right) * (1 - lower));
      sum.add(left + 1, top, each * right * (1 - lower));
      sum.add(left, top + 1, each * (1 - right) * lower);
      sum.add(left + 1, top + 1, each * right * lower);
    }
  return sum;
}

/** What `cropResize` must give, in double precision, with no regard for time: pixel by pixel from the definition. */
export function referenceCrop(frame: RawFrame, box: readonly number[], crop: CropOptions): Float64Array {
  const fill = triple(crop.fill);
  const [mean, std] = [triple(crop.mean), triple(crop.std)];
  const plane = crop.height * crop.width;
  const out = new Float64Array(crop.channels * plane);
  for (let row = 0; row < crop.height; row += 1)
    for (let column = 0; column < crop.width; column += 1) {
      const [dx, dy] = [column - (crop.width - 1) / 2, row - (crop.height - 1) / 2];
      const shown = crop.discPx === undefined || Math.hypot(dx, dy) <= crop.discPx / 2;
      const sum = !shown
        ? new Sum(frame)
        : crop.rotated === true
          ? rotatedSum(frame, box, crop, column, row)
          : uprightSum(frame, box, crop, column, row);
      const values = crop.channels === 1 ? [sum.grey(fill)] : sum.colour(fill);
      for (const [c, value] of values.entries())
        out[c * plane + row * crop.width + column] = (value - (mean[c] ?? 0)) / (std[c] ?? 1);
    }
  return out;
}

import type { Picture } from '../../../../src/pipeline/frame.js';

/** A step in brightness or colour along a ray. */
export interface EdgePoint {
  /** Index of the ray; its angle is 2π · ray / rays, from +x towards +y. */
  readonly ray: number;
  readonly x: number;
  readonly y: number;
  /** Height of the step per pixel, levels of 255. */
  readonly strength: number;
  /** Whether it becomes brighter outwards. */
  readonly rises: boolean;
  /** Distance over which the step rises from 10 % to 90 %, pixels. */
  readonly widthPx: number;
}

const EDGES_A_RAY = 6;
/** Steps flatter than this are noise, in levels per pixel after smoothing. */
const MIN_STRENGTH = 1.5;

/** Colours along one ray, a sample a pixel, interleaved; `null` beyond the picture's border. */
function sampleRay(
  picture: Picture,
  channels: number,
  x0: number,
  y0: number,
  dx: number,
  dy: number,
  out: Float32Array,
): number {
  const { data, stride, width, height } = picture;
  const samples = out.length / channels;
  for (let k = 0; k < samples; k++) {
    const x = x0 + k * dx;
    const y = y0 + k * dy;
    const left = Math.floor(x);
    const top = Math.floor(y);
    if (left < 0 || top < 0 || left + 1 >= width || top + 1 >= height) return k;
    const fx = x - left;
    const fy = y - top;
    let at = top * stride + left * channels;
    for (let c = 0; c < channels; c++, at++) {
      const a = data[at] ?? 0;
      const b = data[at + channels] ?? 0;
      const d = data[at + stride] ?? 0;
      const e = data[at + stride + channels] ?? 0;
      out[k * channels + c] = (a + (b - a) * fx) * (1 - fy) + (d + (e - d) * fx) * fy;
    }
  }
  return samples;
}

function brightness(samples: Float32Array, channels: number, k: number): number {
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += samples[k * channels + c] ?? 0;
  return sum;
}

/** Slope at each sample: the derivative of a small Gaussian (σ ≈ 1 px) over 5 samples, length over the channels. */
function slopes(samples: Float32Array, channels: number, count: number, out: Float32Array): void {
  out.fill(0);
  for (let k = 2; k < count - 2; k++) {
    let square = 0;
    for (let c = 0; c < channels; c++) {
      const at = k * channels + c;
      const near = (samples[at + channels] ?? 0) - (samples[at - channels] ?? 0);
      const far = (samples[at + 2 * channels] ?? 0) - (samples[at - 2 * channels] ?? 0);
      const slope = (2 * near + far) / 8;
      square += slope * slope;
    }
    out[k] = Math.sqrt(square / channels);
  }
}

/** 10–90 % width of the step at `peak`, from its height between the points where it levels out and its steepest slope. */
function stepWidth(slope: Float32Array, peak: number): number {
  const top = slope[peak] ?? 0;
  const floor = 0.1 * top;
  let from = peak;
  while (from > 0 && (slope[from - 1] ?? 0) < (slope[from] ?? 0) && (slope[from - 1] ?? 0) > floor) from--;
  let to = peak;
  while (to < slope.length - 1 && (slope[to + 1] ?? 0) < (slope[to] ?? 0) && (slope[to + 1] ?? 0) > floor) to++;
  let height = 0;
  for (let k = from; k <= to; k++) height += slope[k] ?? 0;
  // A Gaussian step of height h and steepest slope s has σ = h / (s √2π), and rises from 10 % to 90 % over 2.563 σ.
  return (2.563 * height) / (top * Math.sqrt(2 * Math.PI));
}

/**
 * The strongest steps along `rays` rays from (cx, cy), between `fromPx` and `toPx` of it.
 * All colours count, so that a brass item is seen on a felt of the same brightness.
 */
export function edgesAlongRays(
  picture: Picture,
  { cx, cy, fromPx, toPx, rays }: { cx: number; cy: number; fromPx: number; toPx: number; rays: number },
): EdgePoint[] {
  const channels = picture.format === 'rgb' ? 3 : 1;
  const length = Math.max(8, Math.ceil(toPx - fromPx));
  const samples = new Float32Array(length * channels);
  const slope = new Float32Array(length);
  const points: EdgePoint[] = [];
  for (let ray = 0; ray < rays; ray++) {
    const angle = (2 * Math.PI * ray) / rays;
    const dx = Math.cos(angle);
    const dy = Math.sin(angle);
    const count = sampleRay(picture, channels, cx + fromPx * dx, cy + fromPx * dy, dx, dy, samples);
    slopes(samples, channels, count, slope);
    const peaks: number[] = [];
    for (let k = 2; k < count - 2; k++) {
      const here = slope[k] ?? 0;
      if (here >= MIN_STRENGTH && here > (slope[k - 1] ?? 0) && here >= (slope[k + 1] ?? 0)) peaks.push(k);
    }
    peaks.sort((a, b) => (slope[b] ?? 0) - (slope[a] ?? 0));
    for (const peak of peaks.slice(0, EDGES_A_RAY)) {
      const [before, here, after] = [slope[peak - 1] ?? 0, slope[peak] ?? 0, slope[peak + 1] ?? 0];
      const curve = before - 2 * here + after;
      const at = fromPx + peak + (curve === 0 ? 0 : (before - after) / (2 * curve));
      const rises = brightness(samples, channels, peak + 1) > brightness(samples, channels, peak - 1);
      points.push({ ray, x: cx + at * dx, y: cy + at * dy, strength: here, rises, widthPx: stepWidth(slope, peak) });
    }
  }
  return points;
}

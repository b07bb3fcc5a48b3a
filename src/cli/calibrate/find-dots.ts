import { toGrey } from '../../native/crop-resize.js';
import type { Picture } from '../../pipeline/frame.js';
import { boxSums, type Region, regionsOf } from '../../pipeline/regions.js';

/** A dark round spot: its middle and its diameter, pixels; pixel middles lie at whole numbers and a half. */
export interface Dot {
  readonly x: number;
  readonly y: number;
  readonly diameterPx: number;
}

/** Ink is darker than this share of its surroundings. */
const INK = 0.75;
/** Surroundings reach this share of the picture's width to each side. */
const SURROUNDINGS = 1 / 20;
const MIN_DOT_PX = 6;
/** A disc fills π/4 of its box; a smear, a letter or a line does not. */
const MIN_FILL = 0.62;
const MAX_FILL = 0.92;
const MAX_ASPECT = 1.35;

const isRound = ({ cells, box: [, , width, height] }: Region): boolean => {
  const fill = cells / (width * height);
  return (
    Math.min(width, height) >= MIN_DOT_PX &&
    Math.max(width, height) / Math.min(width, height) <= MAX_ASPECT &&
    fill >= MIN_FILL &&
    fill <= MAX_FILL
  );
};

/** Around a dot lies paper, but for a few pixels: darker than this share of it is something else. */
const CLEAN = 0.8;
const STRAY_SHARE = 0.02;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** The middle of the ink in a box a third larger than the region's: each pixel counts by how dark it is against the paper. */
function middle(grey: Picture, { cells, box: [left, top, width, height] }: Region): Dot | null {
  const border = Math.max(2, Math.round(0.3 * Math.max(width, height)));
  const [x0, y0, x1, y1] = [left - border, top - border, left + width + border, top + height + border];
  if (x0 < 0 || y0 < 0 || x1 > grey.width || y1 > grey.height) return null;
  const level = (x: number, y: number) => grey.data[y * grey.stride + x] ?? 0;
  const around: number[] = [];
  for (let x = x0; x < x1; x++) around.push(level(x, y0), level(x, y1 - 1));
  for (let y = y0; y < y1; y++) around.push(level(x0, y), level(x1 - 1, y));
  const paper = median(around);
  // Another thing reaches into the box, such as the edge of the paper: it would pull the middle.
  if (around.filter((value) => value < CLEAN * paper).length > STRAY_SHARE * around.length) return null;
  let [sum, sx, sy] = [0, 0, 0];
  for (let y = y0; y < y1; y++)
    for (let x = x0; x < x1; x++) {
      // Noise and texture of the paper are no ink.
      const ink = Math.max(0, paper * 0.9 - level(x, y));
      sum += ink;
      sx += ink * (x + 0.5);
      sy += ink * (y + 0.5);
    }
  return sum === 0 ? null : { x: sx / sum, y: sy / sum, diameterPx: Math.sqrt((4 * cells) / Math.PI) };
}

/** Every dark round spot of the picture that lies whole in it. */
export function findDots(picture: Picture): Dot[] {
  const grey = toGrey(picture);
  const { width, height } = grey;
  const levels = Float32Array.from(grey.data);
  const reach = Math.round(width * SURROUNDINGS);
  const sums = boxSums(levels, width, height, reach);
  const counts = boxSums(new Float32Array(levels.length).fill(1), width, height, reach);
  const dark = Uint8Array.from(levels, (level, at) =>
    level < (INK * (sums[at] ?? 0)) / Math.max(1, counts[at] ?? 0) ? 1 : 0,
  );
  return regionsOf(dark, width, height, (Math.PI / 4) * MIN_DOT_PX ** 2)
    .filter(isRound)
    .flatMap((region) => middle(grey, region) ?? []);
}

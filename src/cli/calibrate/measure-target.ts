import { CupcheckError } from '../../errors.js';
import type { Picture } from '../../pipeline/frame.js';
import { type Dot, findDots } from './find-dots.js';
import { target } from './target-geometry.js';

/** A scale as it was measured. */
export interface ScaleFound {
  readonly pxPerMm: number;
  /** Dots or coins. */
  readonly seen: number;
  /** How far parts of it disagree, as a share: tilt of the camera and distortion of the lens, or coins that differ. */
  readonly spread: number;
}

/** A dot with its place in the grid. */
interface Placed extends Dot {
  readonly column: number;
  readonly row: number;
}

const MIN_DOTS = 16;
/** A dot lies where the grid says, but for this share of the pitch. */
const STRAY = 0.2;
/** Dots are of one size, and of their share of the pitch; a grid of something else is not ours. */
const SAME_SIZE = 1.35;
const DOT_SHARE = target.dotMm / target.pitchMm;
const DOT_SHARE_SLACK = 0.14;
/** Beyond this the scale of one place is wrong at another by more than sizes may be. */
export const MAX_SPREAD = 0.015;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const distance = (a: Dot, b: Dot) => Math.hypot(a.x - b.x, a.y - b.y);

const notFound = (why: string) => new CupcheckError('CALIBRATION_FAILED', `the target is not seen: ${why}`);

/** One step along the grid's rows, in pixels: the usual distance of neighbours and their usual direction (modulo 90°). */
function gridStep(dots: readonly Dot[]): { readonly x: number; readonly y: number } {
  const nearest = dots.map((dot) =>
    Math.min(...dots.map((other) => (other === dot ? Infinity : distance(dot, other)))),
  );
  const pitch = median(nearest);
  let [cos, sin] = [0, 0];
  for (const dot of dots)
    for (const other of dots) {
      const away = distance(dot, other);
      if (other === dot || away > 1.25 * pitch || away < 0.75 * pitch) continue;
      const fourfold = 4 * Math.atan2(other.y - dot.y, other.x - dot.x);
      cos += Math.cos(fourfold);
      sin += Math.sin(fourfold);
    }
  const angle = Math.atan2(sin, cos) / 4;
  return { x: pitch * Math.cos(angle), y: pitch * Math.sin(angle) };
}

/** The dots that can be reached from `seed` step by step along the grid; a step follows the bend that a lens gives the rows. */
function spreadFrom(seed: Dot, dots: readonly Dot[], step: { readonly x: number; readonly y: number }): Placed[] {
  const pitch = Math.hypot(step.x, step.y);
  const placed = new Map<Dot, Placed>([[seed, { ...seed, column: 0, row: 0 }]]);
  const open = [...placed.values()];
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    for (const [column, row] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      const wanted = {
        x: from.x + column * step.x - row * step.y,
        y: from.y + column * step.y + row * step.x,
        diameterPx: 0,
      };
      const found = dots.find((dot) => !placed.has(dot) && distance(dot, wanted) < STRAY * pitch);
      if (found === undefined) continue;
      const next = { ...found, column: from.column + column, row: from.row + row };
      placed.set(found, next);
      open.push(next);
    }
  }
  return [...placed.values()];
}

/** The largest connected part of the grid. */
function largestGrid(dots: readonly Dot[], step: { readonly x: number; readonly y: number }): Placed[] {
  let left = [...dots];
  let best: Placed[] = [];
  while (left.length > best.length) {
    const [seed] = left;
    if (seed === undefined) break;
    const grid = spreadFrom(seed, left, step);
    if (grid.length > best.length) best = grid;
    left = left.filter((dot) => !grid.some(({ x, y }) => x === dot.x && y === dot.y));
  }
  return best;
}

/** Least squares of value = a · column + b · row + c. */
function plane(grid: readonly Placed[], value: (dot: Placed) => number): readonly [a: number, b: number] {
  const mean = (of: (dot: Placed) => number) => grid.reduce((sum, dot) => sum + of(dot), 0) / grid.length;
  const [mc, mr, mv] = [mean(({ column }) => column), mean(({ row }) => row), mean(value)];
  let [cc, cr, rr, cv, rv] = [0, 0, 0, 0, 0];
  for (const dot of grid) {
    const [c, r, v] = [dot.column - mc, dot.row - mr, value(dot) - mv];
    cc += c * c;
    cr += c * r;
    rr += r * r;
    cv += c * v;
    rv += r * v;
  }
  const determinant = cc * rr - cr * cr;
  if (!(determinant > 0)) throw notFound('its dots lie in one line');
  return [(cv * rr - rv * cr) / determinant, (rv * cc - cv * cr) / determinant];
}

const scaleOf = (grid: readonly Placed[]): number => {
  const [xc, xr] = plane(grid, ({ x }) => x);
  const [yc, yr] = plane(grid, ({ y }) => y);
  return Math.sqrt(Math.abs(xc * yr - xr * yc)) / target.pitchMm;
};

/** The scale about each dot, from its surroundings of 5×5: what tilt and lens do to it. */
function localScales(grid: readonly Placed[]): number[] {
  return grid.flatMap((dot) => {
    const near = grid.filter(({ column, row }) => Math.abs(column - dot.column) <= 2 && Math.abs(row - dot.row) <= 2);
    return near.length >= 15 ? [scaleOf(near)] : [];
  });
}

/**
 * Pixels a millimetre by the printed target, wherever and however turned it lies in the picture.
 * @param rulerMm what the target's ruler measures on paper; its own 100 mm where the printer kept the size
 * @throws CALIBRATION_FAILED where no grid of ours is seen, or its scale differs too much over the picture
 */
export function measureTarget(picture: Picture, rulerMm: number): ScaleFound {
  const round = findDots(picture);
  const usual = median(round.map(({ diameterPx }) => diameterPx));
  const dots = round.filter(({ diameterPx }) => diameterPx < SAME_SIZE * usual && diameterPx * SAME_SIZE > usual);
  if (dots.length < MIN_DOTS) throw notFound(`${String(dots.length)} dots of one size, wanted ${String(MIN_DOTS)}`);
  const grid = largestGrid(dots, gridStep(dots));
  if (grid.length < MIN_DOTS) throw notFound(`${String(grid.length)} dots on a grid, wanted ${String(MIN_DOTS)}`);
  const printedMm = scaleOf(grid);
  const share = median(grid.map(({ diameterPx }) => diameterPx)) / (printedMm * target.pitchMm);
  if (Math.abs(share - DOT_SHARE) > DOT_SHARE_SLACK)
    throw notFound(`the dots are ${share.toFixed(2)} of their distance wide, the target’s ${DOT_SHARE.toFixed(2)}`);
  const scales = localScales(grid);
  const spread = Math.max(0, ...scales.map((scale) => Math.abs(scale / printedMm - 1)));
  if (spread > MAX_SPREAD)
    throw new CupcheckError(
      'CALIBRATION_FAILED',
      `the scale differs by ${(spread * 100).toFixed(1)} % over the target, allowed ${(MAX_SPREAD * 100).toFixed(1)} %: the target does not lie flat, the camera looks aslant, or its lens distorts`,
    );
  return { pxPerMm: (printedMm * target.rulerMm) / rulerMm, seen: grid.length, spread };
}

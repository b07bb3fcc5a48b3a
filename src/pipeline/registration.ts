import type { Background } from './background.js';

/** How a camera moved since the empty cup's picture was taken. Picture pixels. */
export interface CameraMove {
  /** How far the middle of the picture went, to the right and down. */
  readonly dxPx: number;
  readonly dyPx: number;
  readonly turnDeg: number;
  /** 1.01 = everything is 1 % larger: the scale is wrong by as much. */
  readonly zoom: number;
  /** How far the parts of the picture disagree with this move, root mean square. */
  readonly residualPx: number;
}

/** Furthest that the middle may have gone, background pixels. */
const REACH = 14;
/** A part may have gone so much further, for turn and zoom. */
const PART_REACH = 4;
const PART = 32;
/** A part in which less than this correlation is found says nothing. */
const MIN_LIKENESS = 0.6;
const MIN_PARTS = 6;

interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Correlation (−1 to 1) of `then` within the area with `now`, moved by whole background pixels. */
function likeness(then: Background, now: Background, area: Area, dx: number, dy: number, step: number): number {
  const { width, height } = then;
  let [both, a, b] = [0, 0, 0];
  for (let y = Math.max(area.top, -dy); y < Math.min(area.bottom, height - dy); y += step)
    for (let x = Math.max(area.left, -dx); x < Math.min(area.right, width - dx); x += step) {
      const was = then.relief[y * width + x] ?? 0;
      const is = now.relief[(y + dy) * width + x + dx] ?? 0;
      both += was * is;
      a += was * was;
      b += is * is;
    }
  return a === 0 || b === 0 ? 0 : both / Math.sqrt(a * b);
}

/** Where between −1 and 1 a parabola through three values has its top. */
function top(before: number, here: number, after: number): number {
  const curve = before - 2 * here + after;
  return curve >= 0 ? 0 : Math.max(-0.5, Math.min(0.5, (before - after) / (2 * curve)));
}

interface Shift {
  readonly dx: number;
  readonly dy: number;
  readonly likeness: number;
}

function bestShift(then: Background, now: Background, area: Area, about: Shift, reach: number, step: number): Shift {
  let best: Shift = { dx: 0, dy: 0, likeness: -1 };
  for (let dy = about.dy - reach; dy <= about.dy + reach; dy++)
    for (let dx = about.dx - reach; dx <= about.dx + reach; dx++) {
      const here = likeness(then, now, area, dx, dy, step);
      if (here > best.likeness) best = { dx, dy, likeness: here };
    }
  return best;
}

/** A part of the picture and how far it went; background pixels from the picture's middle. */
interface PartMove {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}

function partMoves(then: Background, now: Background, about: Shift): PartMove[] {
  const { width, height } = then;
  const moves: PartMove[] = [];
  for (let up = 0; up + PART <= height; up += PART)
    for (let left = 0; left + PART <= width; left += PART) {
      const area = { left, top: up, right: left + PART, bottom: up + PART };
      const shift = bestShift(then, now, area, about, PART_REACH, 1);
      if (shift.likeness < MIN_LIKENESS) continue;
      const at = (dx: number, dy: number) => likeness(then, now, area, shift.dx + dx, shift.dy + dy, 1);
      moves.push({
        x: left + PART / 2 - width / 2,
        y: up + PART / 2 - height / 2,
        dx: shift.dx + top(at(-1, 0), shift.likeness, at(1, 0)),
        dy: shift.dy + top(at(0, -1), shift.likeness, at(0, 1)),
      });
    }
  return moves;
}

/** The similarity of least squares: (x, y) goes to (x + p x − q y + dx, y + q x + p y + dy). */
function similarity(moves: readonly PartMove[]): { p: number; q: number; dx: number; dy: number } {
  const mean = (of: (move: PartMove) => number) => moves.reduce((sum, move) => sum + of(move), 0) / moves.length;
  const [mx, my, mdx, mdy] = [mean(({ x }) => x), mean(({ y }) => y), mean(({ dx }) => dx), mean(({ dy }) => dy)];
  let [along, across, square] = [0, 0, 0];
  for (const { x, y, dx, dy } of moves) {
    const [u, v] = [x - mx, y - my];
    along += u * (dx - mdx) + v * (dy - mdy);
    across += u * (dy - mdy) - v * (dx - mdx);
    square += u * u + v * v;
  }
  const [p, q] = [along / square, across / square];
  return { p, q, dx: mdx - p * mx + q * my, dy: mdy - q * mx - p * my };
}

function offBy(move: PartMove, { p, q, dx, dy }: ReturnType<typeof similarity>): number {
  return Math.hypot(p * move.x - q * move.y + dx - move.dx, q * move.x + p * move.y + dy - move.dy);
}

/**
 * How the camera moved between two pictures of the empty cup, by matching parts of them.
 * Sees moves of up to some 5 % of the picture's width. Takes some hundred milliseconds: for `doctor`, not for a cup.
 * @returns `null` where the two have too little in common: another place, another cup, or a move that is too large
 */
export function cameraMove(then: Background, now: Background): CameraMove | null {
  if (then.width !== now.width || then.height !== now.height) return null;
  const whole = { left: 0, top: 0, right: then.width, bottom: then.height };
  const rough = bestShift(then, now, whole, { dx: 0, dy: 0, likeness: 0 }, REACH, 2);
  let moves = partMoves(then, now, rough);
  for (let round = 0; round < 2 && moves.length >= MIN_PARTS; round++) {
    const fit = similarity(moves);
    // A part where something lies, or that looks alike all over, matches anywhere.
    const limit = Math.max(0.5, 2.5 * median(moves.map((move) => offBy(move, fit))));
    moves = moves.filter((move) => offBy(move, fit) <= limit);
  }
  if (moves.length < MIN_PARTS) return null;
  const fit = similarity(moves);
  const square = moves.reduce((sum, move) => sum + offBy(move, fit) ** 2, 0) / moves.length;
  return {
    dxPx: fit.dx / then.scale,
    dyPx: fit.dy / then.scale,
    turnDeg: (Math.atan2(fit.q, 1 + fit.p) * 180) / Math.PI,
    zoom: Math.hypot(1 + fit.p, fit.q),
    residualPx: Math.sqrt(square) / then.scale,
  };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

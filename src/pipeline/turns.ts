import type { Crops } from './crop.js';

/** In how many turns an item is seen: as it lies; upside down too; or in all four quarter turns. */
export type Turns = 1 | 2 | 4;

/** Writes the planes of `from` turned by 180°: a plane's pixels then stand in reverse order. */
function turnHalf(from: Float32Array, to: Float32Array, plane: number): void {
  for (let start = 0; start < from.length; start += plane)
    to.set(from.subarray(start, start + plane).toReversed(), start);
}

/** Writes the planes of `from` turned by 90° clockwise. */
function turnQuarter(from: Float32Array, to: Float32Array, side: number): void {
  for (let start = 0; start < from.length; start += side * side)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) to[start + x * side + (side - 1 - y)] = from[start + y * side + x] ?? 0;
}

/** The crops, and behind them all of them in each further turn: nothing is resampled. Row `turn × count + index` is a turn of the crop `index`. */
export function turned({ data, count, side }: Crops, turns: Turns): Crops {
  const plane = side * side;
  const size = count * 3 * plane;
  const out = new Float32Array(turns * size);
  const part = (turn: number) => out.subarray(turn * size, (turn + 1) * size);
  out.set(data.subarray(0, size));
  if (turns === 2) turnHalf(part(0), part(1), plane);
  if (turns === 4) {
    turnQuarter(part(0), part(1), side);
    turnHalf(part(0), part(2), plane);
    turnHalf(part(1), part(3), plane);
  }
  return { data: out, count: turns * count, side };
}

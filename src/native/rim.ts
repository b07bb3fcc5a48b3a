import { callNative } from './addon.js';
import type { Outline } from './outline.js';
import { type Picture, pixelArguments } from './picture.js';

/** Where an item was detected, picture pixels. */
export interface Circle {
  readonly cx: number;
  readonly cy: number;
  readonly radius: number;
}

/** An item's outline, found on the full picture. */
export interface Rim {
  /** Full axes in picture pixels. */
  readonly ellipse: Outline;
  /** Share of the rays on which the outline was seen, 0 to 1. */
  readonly seen: number;
  /** Width of its edge (10–90 %), pixels: the measure of focus. */
  readonly widthPx: number;
}

const CIRCLE_VALUES = 3;
const RIM_VALUES = 8;

/**
 * Fits the outlines of the items that a detector saw, on the full picture: for each its rim, `null` where none is seen.
 * Edges along rays vote for circles; an ellipse is fitted to the edges near each of them; the largest of the clearest is
 * the rim, since an item has rings inside its rim, and what is half rim and half shadow is clear on fewer rays.
 * Errors: NATIVE_ARGUMENT (a centre beyond ±65536, a radius not 1 to 8192 pixels).
 */
export function findRims(picture: Picture, detected: readonly Circle[]): (Rim | null)[] {
  const pixels = pixelArguments(picture);
  const circles = Float64Array.from(detected.flatMap(({ cx, cy, radius }) => [cx, cy, radius]));
  const out = new Float64Array((circles.length / CIRCLE_VALUES) * RIM_VALUES);
  callNative((addon) => addon.findRims(...pixels, circles, out));
  return detected.map((_, index) => {
    const [found = 0, cx = 0, cy = 0, major = 0, minor = 0, angleRad = 0, seen = 0, widthPx = 0] = out.subarray(
      index * RIM_VALUES,
    );
    return found === 0 ? null : { ellipse: { cx, cy, major, minor, angleRad }, seen, widthPx };
  });
}

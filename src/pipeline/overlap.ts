import { isInside, radiusAt } from './ellipse.js';
import type { Ellipse } from './judgement.js';

/** A rim of which less than this was seen lies under something, or is no rim: it gives no size. */
export const MIN_RIM_SEEN = 0.65;

/** Outlines of touching items may cross by so much of the smaller radius: what the fit is good for. */
const TOLERANCE = 0.04;

/** How deep the outline of `a` reaches into `b`, as a share of `b`'s size: 0 = apart, 1 = to its centre. */
function depthInto(a: Ellipse, b: Ellipse): number {
  if (isInside(a, b.cx, b.cy) || isInside(b, a.cx, a.cy)) return 1;
  let depth = 0;
  for (let step = 0; step < 72; step++) {
    const angle = (2 * Math.PI * step) / 72;
    const radius = radiusAt(a, angle);
    const x = a.cx + radius * Math.cos(angle);
    const y = a.cy + radius * Math.sin(angle);
    if (!isInside(b, x, y)) continue;
    const dx = x - b.cx;
    const dy = y - b.cy;
    depth = Math.max(depth, 1 - Math.hypot(dx, dy) / radiusAt(b, Math.atan2(dy, dx)));
  }
  return depth;
}

/** Pairs of items of which one lies on the other: their outlines cross by more than the fit's error, or one holds the other. */
export function overlappingPairs(outlines: readonly Ellipse[]): [number, number][] {
  const pairs: [number, number][] = [];
  for (const [i, a] of outlines.entries())
    for (const [j, b] of outlines.entries()) {
      if (j <= i || Math.hypot(a.cx - b.cx, a.cy - b.cy) > (a.major + b.major) / 2) continue;
      if (Math.max(depthInto(a, b), depthInto(b, a)) > TOLERANCE) pairs.push([i, j]);
    }
  return pairs;
}

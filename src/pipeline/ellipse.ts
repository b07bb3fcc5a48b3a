import type { Ellipse } from './judgement.js';

/** Whether the point lies inside the outline scaled by `scale` about its centre. */
export function isInside(ellipse: Ellipse, x: number, y: number, scale = 1): boolean {
  const cos = Math.cos(ellipse.angleRad);
  const sin = Math.sin(ellipse.angleRad);
  const dx = x - ellipse.cx;
  const dy = y - ellipse.cy;
  const along = (dx * cos + dy * sin) / (ellipse.major / 2);
  const across = (dy * cos - dx * sin) / (ellipse.minor / 2);
  return along * along + across * across <= scale * scale;
}

/** Distance from the centre to the outline in the direction `angleRad` (from +x towards +y), in pixels. */
export function radiusAt(ellipse: Ellipse, angleRad: number): number {
  const a = ellipse.major / 2;
  const b = ellipse.minor / 2;
  const turn = angleRad - ellipse.angleRad;
  return (a * b) / Math.hypot(b * Math.cos(turn), a * Math.sin(turn));
}

/** The same outline, `byPx` larger all around. */
export function grown(ellipse: Ellipse, byPx: number): Ellipse {
  return { ...ellipse, major: ellipse.major + 2 * byPx, minor: ellipse.minor + 2 * byPx };
}

/** x, y, width, height of the upright box around the outline. */
export function boxOf(ellipse: Ellipse): readonly [number, number, number, number] {
  const cos = Math.cos(ellipse.angleRad);
  const sin = Math.sin(ellipse.angleRad);
  const halfWidth = Math.hypot((ellipse.major / 2) * cos, (ellipse.minor / 2) * sin);
  const halfHeight = Math.hypot((ellipse.major / 2) * sin, (ellipse.minor / 2) * cos);
  return [ellipse.cx - halfWidth, ellipse.cy - halfHeight, 2 * halfWidth, 2 * halfHeight];
}

/** The upright ellipse inside a box: the outline of an item whose rim could not be fitted. */
export function ellipseInBox(box: readonly [number, number, number, number]): Ellipse {
  const [x, y, width, height] = box;
  const upright = width >= height;
  return {
    cx: x + width / 2,
    cy: y + height / 2,
    major: Math.max(width, height),
    minor: Math.min(width, height),
    angleRad: upright ? 0 : Math.PI / 2,
  };
}

export const areaOf = (ellipse: Ellipse) => (Math.PI * ellipse.major * ellipse.minor) / 4;

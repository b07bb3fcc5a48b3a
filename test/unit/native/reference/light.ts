import { isInside } from '../../../../src/pipeline/ellipse.js';
import type { Picture } from '../../../../src/pipeline/frame.js';
import type { Ellipse } from '../../../../src/pipeline/judgement.js';

/** Light on a picture or a part of it; luma 0 to 255 (BT.601). */
export interface Exposure {
  readonly luma: number;
  /** The luma that 1 pixel in 50 exceeds: dark where even the brightest parts are. */
  readonly highlight: number;
  /** Share of pixels at full white. */
  readonly clipped: number;
}

/** A value at which JPEG no longer tells white from almost white. */
const WHITE = 252;

export function measure(
  picture: Picture,
  stepPx: number,
  area: { x0: number; y0: number; x1: number; y1: number },
  counts: (x: number, y: number) => boolean,
): Exposure {
  const { data, stride } = picture;
  const channels = picture.format === 'rgb' ? 3 : 1;
  const histogram = new Uint32Array(256);
  let seen = 0;
  let sum = 0;
  let clipped = 0;
  for (let y = area.y0; y < area.y1; y += stepPx)
    for (let x = area.x0; x < area.x1; x += stepPx) {
      if (!counts(x, y)) continue;
      const at = y * stride + x * channels;
      const r = data[at] ?? 0;
      const g = channels === 3 ? (data[at + 1] ?? 0) : r;
      const b = channels === 3 ? (data[at + 2] ?? 0) : r;
      const luma = (299 * r + 587 * g + 114 * b) / 1000;
      seen++;
      sum += luma;
      if (Math.min(r, g, b) >= WHITE) clipped++;
      const level = Math.round(luma);
      histogram[level] = (histogram[level] ?? 0) + 1;
    }
  let above = 0;
  let highlight = 255;
  for (; highlight > 0; highlight--) {
    above += histogram[highlight] ?? 0;
    if (above * 50 > seen) break;
  }
  return seen === 0 ? { luma: 0, highlight: 0, clipped: 0 } : { luma: sum / seen, highlight, clipped: clipped / seen };
}

/** Of the whole picture, every fourth pixel. */
export function pictureExposure(picture: Picture): Exposure {
  return measure(picture, 4, { x0: 0, y0: 0, x1: picture.width, y1: picture.height }, () => true);
}

/** Of an item's disc within its rim. */
export function discExposure(picture: Picture, outline: Ellipse): Exposure {
  const half = outline.major / 2;
  const area = {
    x0: Math.max(0, Math.floor(outline.cx - half)),
    y0: Math.max(0, Math.floor(outline.cy - half)),
    x1: Math.min(picture.width, Math.ceil(outline.cx + half)),
    y1: Math.min(picture.height, Math.ceil(outline.cy + half)),
  };
  return measure(picture, 2, area, (x, y) => isInside(outline, x, y, 0.92));
}

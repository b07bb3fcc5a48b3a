import type { Detection } from './detect.js';
import { boxOf, ellipseInBox } from './ellipse.js';
import { discExposure } from './exposure.js';
import type { Picture } from './frame.js';
import type { Ellipse, ItemQuality } from './judgement.js';
import { MIN_RIM_SEEN } from './overlap.js';
import { findRim } from './rim.js';

/** An item as it was measured, before anything is known of its look. */
export interface MeasuredItem {
  readonly box: readonly [number, number, number, number];
  /** The fitted outline; the one inside the detector's box where the rim could not be fitted. */
  readonly outline: Ellipse;
  readonly rimFitted: boolean;
  /** Width of the rim's edge, pixels; `null` without a fit. */
  readonly rimWidthPx: number | null;
  /** `null` without a calibration, or where too little of the rim is seen. */
  readonly diameterMm: number | null;
  readonly quality: ItemQuality;
}

/** Fits the rim of each detection on the full picture and measures size, focus and light. */
export function measureItems(
  picture: Picture,
  detections: readonly Detection[],
  pxPerMm: number | null,
): MeasuredItem[] {
  return detections.map(({ box }) => {
    const [x, y, width, height] = box;
    const rim = findRim(picture, { cx: x + width / 2, cy: y + height / 2, radius: (width + height) / 4 });
    const outline = rim?.ellipse ?? ellipseInBox(box);
    const seen = rim?.seen ?? 0;
    const light = discExposure(picture, outline);
    return {
      box: rim === null ? box : boxOf(outline),
      outline,
      rimFitted: rim !== null,
      rimWidthPx: rim?.widthPx ?? null,
      diameterMm: pxPerMm === null || seen < MIN_RIM_SEEN ? null : outline.major / pxPerMm,
      quality: {
        rimSeen: seen,
        rimWidth: (rim?.widthPx ?? 0) / (pxPerMm ?? 1),
        luma: light.luma,
        clipped: light.clipped,
      },
    };
  });
}

import { CupcheckError } from '../errors.js';
import { findRims } from '../native/rim.js';
import type { Detection } from './detect.js';
import { boxOf, ellipseInBox } from './ellipse.js';
import { discExposures } from './exposure.js';
import type { Picture } from './frame.js';
import type { Ellipse, ItemQuality } from './judgement.js';
import { MIN_RIM_SEEN } from './overlap.js';

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
  const circles = detections.map(({ box: [x, y, width, height] }) => ({
    cx: x + width / 2,
    cy: y + height / 2,
    radius: (width + height) / 4,
  }));
  const rims = findRims(picture, circles);
  const outlines = detections.map(({ box }, index) => rims[index]?.ellipse ?? ellipseInBox(box));
  const lights = discExposures(picture, outlines);
  return detections.map(({ box }, index) => {
    const [rim, outline, light] = [rims[index] ?? null, outlines[index], lights[index]];
    if (outline === undefined || light === undefined)
      throw new CupcheckError('INTERNAL', `item ${String(index + 1)} was not measured`);
    const seen = rim?.seen ?? 0;
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

import { CupcheckError } from '../errors.js';
import { changeOfThumbs } from '../native/quality.js';
import type { Glance } from './glance.js';

/**
 * How much two pictures of one cup differ, in levels of 255 (see `changeOfThumbs`). Sensor noise alone stays under 1.
 * @throws PICTURE_SIZE where their sizes differ
 */
export function changeBetween(a: Glance, b: Glance): number {
  if (a.width !== b.width || a.height !== b.height)
    throw new CupcheckError(
      'PICTURE_SIZE',
      `the frames differ in size: ${String(a.width)}×${String(a.height)} and ${String(b.width)}×${String(b.height)}`,
    );
  return changeOfThumbs(a.thumb, b.thumb);
}

/** Whether a later frame still shows the cup that was judged. `limit`: levels of 255 (`quality.maxMotion` of the bundle). */
export function sameCup(
  judged: Glance,
  later: Glance,
  limit: number,
): { readonly same: boolean; readonly difference: number } {
  const difference = changeBetween(judged, later);
  return { same: difference <= limit, difference };
}

import { CupcheckError } from '../errors.js';
import { differingCells } from '../native/quality.js';
import type { Scene } from './scene.js';

/**
 * Marks what differs from the empty cup (see `differingCells`).
 * @param covered 1 where a judged item (slightly grown) explains the scene: usedHeight × usedWidth of it
 * @returns 1 where something unexplained is, the same shape
 * @throws CALIBRATION_INVALID where the reference was taken at another size
 */
export function differenceFromEmpty(scene: Scene, empty: Scene, covered: Uint8Array): Uint8Array {
  const { usedWidth, usedHeight, scale } = scene;
  if (empty.usedWidth !== usedWidth || empty.usedHeight !== usedHeight || Math.abs(empty.scale - scale) > 1e-6)
    throw new CupcheckError(
      'CALIBRATION_INVALID',
      'the picture of the empty cup has another size than the cup’s picture',
    );
  return differingCells(scene, empty, covered);
}

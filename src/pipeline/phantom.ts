import type { Detection } from './detect.js';
import { ellipseInBox, isInside } from './ellipse.js';
import { differenceFromEmpty } from './reference.js';
import type { Scene } from './scene.js';

/** Of a detection only the middle is asked, as a share of its half axes: a neighbour's edge or shadow may reach into the rest. */
const MIDDLE = 0.8;
/** Of 1,945 real items the middle of the least differing one differed by 0.021, phantoms of the bottom by 0.000. */
const SHARE_DIFFERING = 0.005;
/** A detector that is as sure as this times its threshold is believed against the empty cup: a thing may have lain in it unseen. */
const SURE = 2;

/** The share of a detection's middle that is marked. `marked`: rows × columns of the scene's used part. */
function markedShare(marked: Uint8Array, { usedWidth, usedHeight, scale }: Scene, box: Detection['box']): number {
  const [x, y, width, height] = box;
  const outline = ellipseInBox([x * scale, y * scale, width * scale, height * scale]);
  const { cx, cy } = outline;
  const [a, b] = [(MIDDLE * width * scale) / 2, (MIDDLE * height * scale) / 2];
  let [cells, seen] = [0, 0];
  for (let row = Math.max(0, Math.floor(cy - b)); row < Math.min(usedHeight, cy + b); row++)
    for (let column = Math.max(0, Math.floor(cx - a)); column < Math.min(usedWidth, cx + a); column++) {
      if (!isInside(outline, column + 0.5, row + 0.5, MIDDLE)) continue;
      cells++;
      seen += marked[row * usedWidth + column] ?? 0;
    }
  return cells === 0 ? 1 : seen / cells;
}

/**
 * The detections without those that the cup's own bottom is taken for: a stain or a knot that the detector is not sure
 * of, and where nothing at all differs from the empty cup. What then still speaks against a green: the count, and every
 * region that differs and that no item explains.
 * @param threshold the detector's, from which on it speaks of an item
 * @throws CALIBRATION_INVALID where the empty cup's picture has another size
 */
export function withoutPhantoms(
  detections: readonly Detection[],
  scene: Scene,
  empty: Scene,
  threshold: number,
): readonly Detection[] {
  if (detections.every(({ confidence }) => confidence >= SURE * threshold)) return detections;
  const nothing = new Uint8Array(scene.usedWidth * scene.usedHeight);
  const marked = differenceFromEmpty(scene, empty, nothing);
  return detections.filter(
    ({ box, confidence }) => confidence >= SURE * threshold || markedShare(marked, scene, box) >= SHARE_DIFFERING,
  );
}

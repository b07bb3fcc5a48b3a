import { overlapOverUnion } from '../../pipeline/detect.js';

type Box = readonly [number, number, number, number];

/** An item counts as found where its box and the true one share half of what either covers. */
export const FOUND_IOU = 0.5;

/** Pairs boxes with true boxes, the best pair first, each used once. @returns by seen box: index of the true one, or `null` */
export function matchBoxes(seen: readonly Box[], truth: readonly Box[]): (number | null)[] {
  const pairs = seen.flatMap((box, i) => truth.map((other, j) => ({ i, j, iou: overlapOverUnion(box, other) })));
  const matched: (number | null)[] = seen.map(() => null);
  const taken = new Set<number>();
  for (const { i, j } of pairs.filter(({ iou }) => iou >= FOUND_IOU).sort((a, b) => b.iou - a.iou)) {
    if (matched[i] !== null || taken.has(j)) continue;
    matched[i] = j;
    taken.add(j);
  }
  return matched;
}

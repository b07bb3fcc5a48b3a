import type { Detections } from './detect.js';
import { grown, isInside } from './ellipse.js';
import type { Ellipse } from './judgement.js';
import { differenceFromEmpty } from './reference.js';
import { regionsOf } from './regions.js';
import type { Scene } from './scene.js';

/** A region that no judged item explains: picture pixels. */
export interface Unexplained {
  readonly box: readonly [number, number, number, number];
  readonly areaPx: number;
  /** `mask`: the detector's mask sees an item there. `reference`: it differs from the empty cup. */
  readonly seenBy: 'mask' | 'reference';
}

/** x, y, width, height in picture pixels. */
export type Zone = readonly [x: number, y: number, width: number, height: number];

/** An unexplained region of this share of the smallest known item's disc is no speck. */
export const SHARE_OF_DISC = 0.2;
/** The mask is coarse: it needs more. */
const SHARE_OF_DISC_MASK = 0.35;
/** Items explain a border of so much of their radius around them, and 1.5 cells: contact shadow, blur, fit error. */
const GROW_SHARE = 0.06;
const MASK_COVERED = 0.5;
/**
 * What the mask sees stands unless the empty cup's picture refutes it: where less than this share of it differs, the cup's own
 * bottom looks like an item. Missed coins differed on 0.16 of it and more, bottoms that look like an item on 0.000.
 */
const SHARE_DIFFERING = 0.02;

/** 1 where one of the outlines (grown) or the zone covers the cell's middle; cells of `cellPx` picture pixels. */
function coveredCells(
  outlines: readonly Ellipse[],
  zone: Zone | null,
  columns: number,
  rows: number,
  cellPx: number,
): Uint8Array {
  const covered = new Uint8Array(columns * rows);
  if (zone !== null) coverZone(covered, zone, columns, rows, cellPx);
  for (const outline of outlines) {
    const larger = grown(outline, GROW_SHARE * (outline.major / 2) + 1.5 * cellPx);
    const half = larger.major / 2;
    const top = Math.max(0, Math.floor((larger.cy - half) / cellPx));
    const bottom = Math.min(rows - 1, Math.ceil((larger.cy + half) / cellPx));
    const left = Math.max(0, Math.floor((larger.cx - half) / cellPx));
    const right = Math.min(columns - 1, Math.ceil((larger.cx + half) / cellPx));
    for (let y = top; y <= bottom; y++)
      for (let x = left; x <= right; x++)
        if (isInside(larger, (x + 0.5) * cellPx, (y + 0.5) * cellPx)) covered[y * columns + x] = 1;
  }
  return covered;
}

/** Marks every cell that the zone touches. */
export function coverZone(
  covered: Uint8Array,
  [x, y, width, height]: Zone,
  columns: number,
  rows: number,
  cellPx: number,
): void {
  const left = Math.max(0, Math.floor(x / cellPx));
  const right = Math.min(columns, Math.ceil((x + width) / cellPx));
  for (let row = Math.max(0, Math.floor(y / cellPx)); row < Math.min(rows, Math.ceil((y + height) / cellPx)); row++)
    covered.fill(1, row * columns + left, row * columns + right);
}

/** Area of the marked cells within a box, picture pixels. */
function markedPx(
  marked: Uint8Array,
  columns: number,
  rows: number,
  cellPx: number,
  [x, y, width, height]: Zone,
): number {
  const left = Math.max(0, Math.floor(x / cellPx));
  const right = Math.min(columns, Math.ceil((x + width) / cellPx));
  const bottom = Math.min(rows, Math.ceil((y + height) / cellPx));
  let cells = 0;
  for (let row = Math.max(0, Math.floor(y / cellPx)); row < bottom; row++)
    for (let column = left; column < right; column++) cells += marked[row * columns + column] ?? 0;
  return cells * cellPx ** 2;
}

function inPicture(
  marked: Uint8Array,
  columns: number,
  rows: number,
  cellPx: number,
  minAreaPx: number,
  seenBy: Unexplained['seenBy'],
): Unexplained[] {
  return regionsOf(marked, columns, rows, minAreaPx / cellPx ** 2).map(({ cells, box: [x, y, width, height] }) => ({
    box: [x * cellPx, y * cellPx, width * cellPx, height * cellPx],
    areaPx: cells * cellPx ** 2,
    seenBy,
  }));
}

/**
 * Everything in the cup that no judged item explains, the largest first: by the detector's mask, and where there is a
 * picture of the empty cup, by the difference from it, which also tells what of the mask the empty cup itself explains.
 * @param codeZone where a code may stand beside the cup, which is no item
 * @param discPx area of the smallest known item's disc, picture pixels
 */
export function findUnexplained(
  scene: Scene,
  empty: Scene | null,
  detections: Detections,
  outlines: readonly Ellipse[],
  discPx: number,
  codeZone: Zone | null = null,
): Unexplained[] {
  const { columns, rows, cellPx, mask } = detections;
  const explained = coveredCells(outlines, codeZone, columns, rows, cellPx);
  const alone = Uint8Array.from(mask, (value, at) => (value > MASK_COVERED && explained[at] === 0 ? 1 : 0));
  const byMask = inPicture(alone, columns, rows, cellPx, SHARE_OF_DISC_MASK * discPx, 'mask');
  if (empty === null) return byMask;
  const pixel = 1 / scene.scale;
  const covered = coveredCells(outlines, codeZone, scene.usedWidth, scene.usedHeight, pixel);
  const strange = differenceFromEmpty(scene, empty, covered);
  const byReference = inPicture(strange, scene.usedWidth, scene.usedHeight, pixel, SHARE_OF_DISC * discPx, 'reference');
  const standing = byMask.filter(
    ({ box, areaPx }) => markedPx(strange, scene.usedWidth, scene.usedHeight, pixel, box) >= SHARE_DIFFERING * areaPx,
  );
  return [...byReference, ...standing].sort((a, b) => b.areaPx - a.areaPx);
}

import { cropResize } from '../native/crop-resize.js';
import type { ItemsSpec } from './bundle/manifest.js';
import type { Picture } from './frame.js';
import type { Ellipse } from './judgement.js';

/** Crops of a cup's items, as the items network takes them: n × 3 × side × side, normalised. */
export interface Crops {
  readonly data: Float32Array;
  readonly count: number;
  readonly side: number;
}

/** Offsets of the pixels of one plane that lie outside the item's disc. */
function outsideDisc(side: number, cropScale: number): Uint32Array {
  const radius = side / (2 * cropScale);
  const centre = (side - 1) / 2;
  const outside: number[] = [];
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) if (Math.hypot(x - centre, y - centre) > radius) outside.push(y * side + x);
  return Uint32Array.from(outside);
}

/**
 * Cuts a square of `cropScale` major axes around each item and masks what is not its disc,
 * so that a neighbour or the cup's bottom says nothing about it.
 */
export function cropItems(picture: Picture, outlines: readonly Ellipse[], spec: ItemsSpec): Crops {
  const side = Number(spec.input.shape[2]);
  const { mean, std } = spec.input;
  const { fill } = spec;
  const plane = side * side;
  const data = new Float32Array(outlines.length * 3 * plane);
  if (outlines.length === 0) return { data, count: 0, side };
  const boxes = new Float32Array(outlines.length * 4);
  for (const [index, { cx, cy, major }] of outlines.entries()) {
    const length = spec.cropScale * major;
    boxes.set([cx - length / 2, cy - length / 2, length, length], index * 4);
  }
  cropResize(picture, boxes, { width: side, height: side, mean, std, fill, channels: 3 }, data);
  const masked = (fill - mean) / std;
  const outside = outsideDisc(side, spec.cropScale);
  for (let start = 0; start < data.length; start += plane) for (const offset of outside) data[start + offset] = masked;
  return { data, count: outlines.length, side };
}

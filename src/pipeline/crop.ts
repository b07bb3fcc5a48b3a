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

/**
 * Cuts a square of `cropScale` major axes around each item and masks what is not its disc,
 * so that a neighbour or the cup's bottom says nothing about it.
 */
export function cropItems(picture: Picture, outlines: readonly Ellipse[], spec: ItemsSpec): Crops {
  const side = Number(spec.input.shape[2]);
  const { mean, std } = spec.input;
  const { fill } = spec;
  const data = new Float32Array(outlines.length * 3 * side * side);
  const boxes = new Float32Array(outlines.length * 4);
  for (const [index, { cx, cy, major }] of outlines.entries()) {
    const length = spec.cropScale * major;
    boxes.set([cx - length / 2, cy - length / 2, length, length], index * 4);
  }
  // The crop is `cropScale` discs wide.
  const discPx = side / spec.cropScale;
  cropResize(picture, boxes, { width: side, height: side, mean, std, fill, channels: 3, discPx }, data);
  return { data, count: outlines.length, side };
}

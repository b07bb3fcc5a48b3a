import { CupcheckError } from '../errors.js';
import type { DetectorSpec } from './bundle/manifest.js';
import type { LoadedNetwork } from './ports.js';
import type { Scene } from './scene.js';

/** An item that the detector saw. Picture pixels. */
export interface Detection {
  readonly box: readonly [number, number, number, number];
  readonly confidence: number;
}

export interface Detections {
  readonly items: readonly Detection[];
  /** Cells that some item covers, 0 to 1: rows × columns. */
  readonly mask: Float32Array;
  readonly columns: number;
  readonly rows: number;
  /** Picture pixels a cell. */
  readonly cellPx: number;
}

/** The size output is in units of 64 input pixels, so that the network learns values about 1. */
const SIZE_UNIT = 64;
/** More items than this cannot lie in a cup; the strongest are kept, and the count then says that something is wrong. */
const MAX_ITEMS = 64;
const SAME_ITEM_IOU = 0.45;

interface Peak {
  readonly at: number;
  readonly score: number;
}

/** Cells that are the largest of their 3×3 surroundings and at least `threshold`; the first of equals counts. */
export function peaksOf(heat: Float32Array, columns: number, rows: number, threshold: number): Peak[] {
  const peaks: Peak[] = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const score = heat[at] ?? 0;
      if (!(score >= threshold)) continue;
      let largest = true;
      for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++)
        for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++) {
          const other = heat[y * columns + x] ?? 0;
          const there = y * columns + x;
          if (other > score || (other === score && there < at)) largest = false;
        }
      if (largest) peaks.push({ at, score });
    }
  return peaks.sort((a, b) => b.score - a.score);
}

/** Area of both over area of either. */
export function overlapOverUnion(a: Detection['box'], b: Detection['box']): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / (a[2] * a[3] + b[2] * b[3] - both);
}

/** Keeps the strongest of detections that are the same item (non-maximum suppression). */
export function suppress(sorted: readonly Detection[]): Detection[] {
  const kept: Detection[] = [];
  for (const one of sorted) {
    if (kept.length === MAX_ITEMS) break;
    if (kept.every((other) => overlapOverUnion(other.box, one.box) < SAME_ITEM_IOU)) kept.push(one);
  }
  return kept;
}

/**
 * Runs the detector on a scene and decodes its peaks.
 * @throws INFER_FAILED
 */
export async function detect(scene: Scene, spec: DetectorSpec, network: LoadedNetwork): Promise<Detections> {
  const outputs = await network.run(spec.input.name, { shape: [1, 3, scene.height, scene.width], data: scene.data });
  const output = (name: string): Float32Array => {
    const tensor = outputs[name];
    if (tensor === undefined) throw new CupcheckError('INFER_FAILED', `the detector gave no "${name}"`);
    return tensor.data;
  };
  const rows = scene.height / spec.stride;
  const columns = scene.width / spec.stride;
  const cells = rows * columns;
  const [size, offset] = [output('size'), output('offset')];
  const found: Detection[] = [];
  for (const { at, score } of peaksOf(output('heat'), columns, rows, spec.peakThreshold)) {
    const width = ((size[at] ?? 0) * SIZE_UNIT) / scene.scale;
    const height = ((size[at + cells] ?? 0) * SIZE_UNIT) / scene.scale;
    const cx = (((at % columns) + 0.5 + (offset[at] ?? 0)) * spec.stride) / scene.scale;
    const cy = ((Math.floor(at / columns) + 0.5 + (offset[at + cells] ?? 0)) * spec.stride) / scene.scale;
    const sane = [width, height, cx, cy].every((value) => Number.isFinite(value)) && width >= 4 && height >= 4;
    if (sane) found.push({ box: [cx - width / 2, cy - height / 2, width, height], confidence: score });
  }
  return { items: suppress(found), mask: output('mask'), columns, rows, cellPx: spec.stride / scene.scale };
}

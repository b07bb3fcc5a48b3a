import { endianness } from 'node:os';
import { CupcheckError } from '../errors.js';
import type { GalleryRows } from './bundle/manifest.js';

/** Known embeddings of each class, each of length 1. */
export interface Gallery {
  readonly dim: number;
  /** By class: rows of `dim` floats, one after the other. */
  readonly byClass: readonly Float32Array[];
}

/**
 * @param bytes little-endian float32, vectors × dim
 * @throws BUNDLE_INVALID where the length differs from the manifest's, or a vector is not of length 1
 */
export function readGallery(bytes: Uint8Array, spec: GalleryRows, classes: number): Gallery {
  const { dim, vectors } = spec;
  const wanted = vectors.length * dim * 4;
  if (bytes.length !== wanted)
    throw new CupcheckError(
      'BUNDLE_INVALID',
      `${spec.file} has ${String(bytes.length)} bytes, ${String(vectors.length)} vectors of ${String(dim)} need ${String(wanted)}`,
    );
  if (endianness() !== 'LE')
    throw new CupcheckError('NOT_SUPPORTED', 'galleries are read on little-endian machines only');
  const all = new Float32Array(bytes.slice().buffer);
  const rows: number[][] = Array.from({ length: classes }, () => []);
  for (const [row, vector] of vectors.entries()) {
    let square = 0;
    for (let at = row * dim; at < (row + 1) * dim; at++) square += (all[at] ?? 0) ** 2;
    if (!(Math.abs(square - 1) < 1e-3))
      throw new CupcheckError(
        'BUNDLE_INVALID',
        `${spec.file}: vector ${String(row)} has the length ${String(Math.sqrt(square))}, wanted 1`,
      );
    rows[vector.class]?.push(row);
  }
  return { dim, byClass: rows.map((ofClass) => gather(all, ofClass, dim)) };
}

function gather(all: Float32Array, rows: readonly number[], dim: number): Float32Array {
  const out = new Float32Array(rows.length * dim);
  for (const [to, from] of rows.entries()) out.set(all.subarray(from * dim, (from + 1) * dim), to * dim);
  return out;
}

/** Cosine of two vectors of length 1. Four sums side by side: one sum alone waits for each addition before the next. */
function cosine(one: Float32Array, others: Float32Array, from: number): number {
  const dim = one.length;
  // One by one: taking an array apart costs more here than the sums themselves.
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let k = 0;
  for (; k + 3 < dim; k += 4) {
    a += (one[k] ?? 0) * (others[from + k] ?? 0);
    b += (one[k + 1] ?? 0) * (others[from + k + 1] ?? 0);
    c += (one[k + 2] ?? 0) * (others[from + k + 2] ?? 0);
    d += (one[k + 3] ?? 0) * (others[from + k + 3] ?? 0);
  }
  for (; k < dim; k++) a += (one[k] ?? 0) * (others[from + k] ?? 0);
  return a + b + (c + d);
}

/** Mean of the `neighbours` largest cosines (fewer where there are fewer); −1 without any vector. */
export function similarity(embedding: Float32Array, vectors: Float32Array, neighbours: number): number {
  const dim = embedding.length;
  const count = vectors.length / dim;
  if (count === 0) return -1;
  const used = Math.min(neighbours, count);
  // The largest so far, in ascending order: the few that count are found without sorting all.
  const nearest = new Float64Array(used).fill(-Infinity);
  for (let row = 0; row < count; row++) {
    const found = cosine(embedding, vectors, row * dim);
    if (!(found > (nearest[0] ?? Infinity))) continue;
    let at = 0;
    for (; at + 1 < used && (nearest[at + 1] ?? Infinity) < found; at++) nearest[at] = nearest[at + 1] ?? 0;
    nearest[at] = found;
  }
  return nearest.reduce((sum, value) => sum + value, 0) / used;
}

/** By class: how alike a vector is to the class's nearest known ones. */
export const similarities = (embedding: Float32Array, { byClass }: Gallery, neighbours: number): Float64Array =>
  Float64Array.from(byClass, (vectors) => similarity(embedding, vectors, neighbours));

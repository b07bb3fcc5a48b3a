import { endianness } from 'node:os';
import { CupcheckError } from '../errors.js';
import type { GallerySpec } from './bundle/manifest.js';

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
export function readGallery(bytes: Uint8Array, spec: GallerySpec, classes: number): Gallery {
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

/** Mean of the `neighbours` largest cosines (fewer where there are fewer); −1 without any vector. */
export function similarity(embedding: Float32Array, vectors: Float32Array, neighbours: number): number {
  const dim = embedding.length;
  const count = vectors.length / dim;
  if (count === 0) return -1;
  const cosines = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let k = 0, at = row * dim; k < dim; k++, at++) sum += (embedding[k] ?? 0) * (vectors[at] ?? 0);
    cosines[row] = sum;
  }
  cosines.sort();
  const used = Math.min(neighbours, count);
  let sum = 0;
  for (const cosine of cosines.subarray(count - used)) sum += cosine;
  return sum / used;
}

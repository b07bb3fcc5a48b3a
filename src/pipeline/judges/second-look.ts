import { CupcheckError } from '../../errors.js';
import type { Tensor } from '../ports.js';
import type { JudgeParts } from './parts.js';

/** Pictures that a judge cut out itself, n × 3 × height × width, normalised as the items network takes them. */
export interface Views {
  readonly data: Float32Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

export interface Look {
  readonly embeddings: readonly Float32Array[];
  readonly classScores: readonly Float32Array[];
  /** Pooled maps; empty where the items network gives none. */
  readonly features: readonly Float32Array[];
}

/** Views of a run: their number is bounded, so that memory is. */
const AT_ONCE = 8;

/** Runs the items network on other pictures than the items' crops. @throws INFER_FAILED */
export async function lookAt({ bundle, items }: JudgeParts, views: Views): Promise<Look> {
  const { input } = bundle.manifest.networks.items;
  const floats = 3 * views.height * views.width;
  const embeddings: Float32Array[] = [];
  const classScores: Float32Array[] = [];
  const features: Float32Array[] = [];
  for (let from = 0; from < views.count; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, views.count - from);
    const data = views.data.subarray(from * floats, (from + count) * floats);
    const outputs = await items.run(input.name, { shape: [count, 3, views.height, views.width], data });
    embeddings.push(...rows(outputs['embedding'], count));
    classScores.push(...rows(outputs['scores'], count));
    features.push(...rows(outputs['features'], count));
  }
  return { embeddings, classScores, features };
}

function rows(tensor: Tensor | undefined, count: number): Float32Array[] {
  if (tensor === undefined) return [];
  if (!tensor.data.every((value) => Number.isFinite(value)))
    throw new CupcheckError('INFER_FAILED', 'the items network gave values that are not numbers');
  const wide = tensor.data.length / count;
  return Array.from({ length: count }, (_, row) => tensor.data.slice(row * wide, (row + 1) * wide));
}

import { CupcheckError } from '../../errors.js';
import type { Manifest } from './manifest.js';

/** In what the weights of the items network are kept: 32 bits, or 16. Either way a CPU computes with 32. */
export const precisions = ['fp32', 'fp16'] as const;
export type Precision = (typeof precisions)[number];

/** The file of the items network in that precision. Errors: BUNDLE_PRECISION. */
export function itemsFile({ networks: { items }, name, version }: Manifest, precision: Precision): string {
  if (precision === 'fp32') return items.file;
  if (items.half === undefined)
    throw new CupcheckError('BUNDLE_PRECISION', `the bundle ${name} ${version} has no fp16 copy of its items network`);
  return items.half;
}

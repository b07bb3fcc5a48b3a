import { CupcheckError } from '../../errors.js';
import type { ItemsSpec, Manifest } from './manifest.js';

/** In what the weights of the items network are kept: 32 bits, 16, or 8. With 16 a CPU computes as with 32; with 8 it computes otherwise. */
export const precisions = ['fp32', 'fp16', 'int8'] as const;
export type Precision = (typeof precisions)[number];

/** A copy of the items network that a bundle may hold beside that with 32 bits. */
export type Copy = Exclude<Precision, 'fp32'>;

/** Where the manifest names the file of each copy; the smallest comes first, and is tried first. */
const fieldOf = { int8: 'eightBit', fp16: 'half' } as const satisfies Record<Copy, keyof ItemsSpec>;
export const copyFields = Object.values(fieldOf);

/** The copies that a bundle holds, in the order in which they are tried. */
export const copiesIn = ({ networks: { items } }: Manifest): readonly Copy[] =>
  (Object.keys(fieldOf) as Copy[]).filter((copy) => items[fieldOf[copy]] !== undefined);

/** The file of the items network in that precision. Errors: BUNDLE_PRECISION. */
export function itemsFile({ networks: { items }, name, version }: Manifest, precision: Precision): string {
  const file = precision === 'fp32' ? items.file : items[fieldOf[precision]];
  if (file !== undefined) return file;
  const missing = `the bundle ${name} ${version} has no ${precision} copy of its items network`;
  throw new CupcheckError('BUNDLE_PRECISION', missing);
}

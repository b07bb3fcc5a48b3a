import { CupcheckError } from '../../errors.js';
import type { Bundle } from '../bundle/load.js';
import type { HeadSpec, JudgesSpec } from '../bundle/manifest.js';
import type { Gallery } from '../gallery.js';
import type { HeadName, LoadedNetwork } from '../ports.js';
import type { ScoredItem } from './judge.js';

/** What a judge is made of: the bundle, and its networks loaded. */
export interface JudgeParts {
  readonly bundle: Bundle;
  /** For what a judge cuts out of the picture itself. */
  readonly items: LoadedNetwork;
  /** Those that the judge said it needs. */
  readonly heads: Readonly<Partial<Record<HeadName, LoadedNetwork>>>;
}

const lacking = (what: string) => new CupcheckError('BUNDLE_INVALID', `manifest.json: ${what}`);

/** @throws BUNDLE_INVALID where the manifest does not say it */
export function judgeSpec<N extends keyof JudgesSpec>({ bundle }: JudgeParts, name: N): NonNullable<JudgesSpec[N]> {
  const spec = bundle.manifest.judges?.[name];
  if (spec === undefined) throw lacking(`/judges/${name} is missing, and the judge that was asked for reads it`);
  return spec;
}

/** A judge's own gallery. @throws INTERNAL where the bundle was not loaded with it */
export function galleryOf({ bundle }: JudgeParts, name: 'cgd' | 'specialist'): Gallery {
  const gallery = bundle.judgeGalleries[name];
  if (gallery === undefined) throw new CupcheckError('INTERNAL', `the gallery of ${name} was not loaded`);
  return gallery;
}

/** @throws BUNDLE_INVALID */
export function headSpec({ manifest }: Bundle, name: HeadName): HeadSpec {
  const spec = manifest.heads?.[name];
  if (spec === undefined) throw lacking(`/heads/${name} is missing, and the judge that was asked for runs it`);
  return spec;
}

/**
 * A head as a function: rows of one width in, the rows of one of its outputs back.
 * @throws BUNDLE_INVALID (now), INFER_FAILED (when run)
 */
export function head(
  { bundle, heads }: JudgeParts,
  name: HeadName,
  output: string,
): (rows: readonly Float32Array[], shape?: readonly number[]) => Promise<Float32Array[]> {
  const { input, outputs } = headSpec(bundle, name);
  const network = heads[name];
  if (network === undefined) throw new CupcheckError('INTERNAL', `the head ${name} was not loaded`);
  if (outputs[output] === undefined) throw lacking(`/heads/${name}/outputs has no "${output}"`);
  const wide = input.shape.slice(1).reduce<number>((product, axis) => product * Number(axis), 1);
  return async (rows, rowShape = input.shape.slice(1).map(Number)) => {
    const data = new Float32Array(rows.length * wide);
    for (const [at, row] of rows.entries()) {
      if (row.length !== wide)
        throw new CupcheckError('INFER_FAILED', `${name} takes ${String(wide)} values, got ${String(row.length)}`);
      data.set(row, at * wide);
    }
    if (rows.length === 0) return [];
    const found = (await network.run(input.name, { shape: [rows.length, ...rowShape], data }))[output];
    if (found === undefined) throw new CupcheckError('INFER_FAILED', `${name} gave no "${output}"`);
    // A NaN would lose every comparison silently.
    if (!found.data.every((value) => Number.isFinite(value)))
      throw new CupcheckError('INFER_FAILED', `${name} gave values that are not numbers in "${output}"`);
    const length = found.data.length / rows.length;
    return rows.map((_, at) => found.data.slice(at * length, (at + 1) * length));
  };
}

/** The items' pooled maps. @throws INFER_FAILED where they were not asked for */
export const featuresOf = (items: readonly ScoredItem[]): Float32Array[] =>
  items.map(({ features }) => {
    if (features === null) throw new CupcheckError('INFER_FAILED', 'the items network was run without its features');
    return features;
  });

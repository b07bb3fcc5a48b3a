import { CupcheckError } from '../errors.js';
import type { Axis, Manifest } from './bundle/manifest.js';
import { itemsFile, type Precision } from './bundle/precision.js';
import { judgeEntry } from './judges/registry.js';
import type { NetworkName } from './ports.js';

/** A network that a judge of a bundle runs. */
export interface UsedNetwork {
  readonly name: NetworkName;
  readonly file: string;
  /** Of the file. */
  readonly sha256: string;
  readonly input: { readonly name: string; readonly shape: readonly Axis[] };
  /** Sizes of the axis `N` that it is run with; empty = any. */
  readonly batches: readonly number[];
}

/**
 * What is loaded so that this judge can decide, the detector first.
 * @param judge `null` = the one that the bundle names
 * @throws BUNDLE_INVALID, BUNDLE_PRECISION
 */
export function usedNetworks(manifest: Manifest, judge: string | null, precision: Precision): readonly UsedNetwork[] {
  const { networks, heads = {}, files } = manifest;
  const digestOf = (file: string): string => {
    const sha256 = files[file]?.sha256;
    if (sha256 === undefined) throw new CupcheckError('BUNDLE_INVALID', `manifest.json does not list ${file}`);
    return sha256;
  };
  const { detector, items } = networks;
  const file = itemsFile(manifest, precision);
  return [
    { name: 'detector', file: detector.file, sha256: digestOf(detector.file), ...shapeOf(detector) },
    { name: 'items', file, sha256: digestOf(file), ...shapeOf(items) },
    ...judgeEntry(judge ?? manifest.judge.name).heads.map((name) => {
      const head = heads[name];
      if (head === undefined) throw new CupcheckError('BUNDLE_INVALID', `manifest.json: /heads/${name} is missing`);
      return { name, file: head.file, sha256: digestOf(head.file), ...shapeOf({ ...head, batches: [] }) };
    }),
  ];
}

const shapeOf = ({ input: { name, shape }, batches }: Pick<UsedNetwork, 'input' | 'batches'>) => ({
  input: { name, shape },
  batches,
});

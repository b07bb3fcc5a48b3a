import type { TrustSettings } from '../bundles/trusted-keys.js';
import type { Config } from './schema.js';
import { bundleFolder, shippedBundle } from './shipped-bundle.js';

/** What the station takes in `folder` (default: the one that it judges by). */
export function trustSettings(
  config: { readonly bundle: Pick<Config['bundle'], 'path' | 'trusted' | 'allowUnsigned'> },
  folder: string = bundleFolder(config),
): TrustSettings {
  const { trusted, allowUnsigned } = config.bundle;
  return {
    folder: trusted,
    allowUnsigned: allowUnsigned === 'any' || (allowUnsigned === 'shipped' && folder === shippedBundle),
  };
}

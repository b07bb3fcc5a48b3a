import { fileURLToPath } from 'node:url';
import type { Config } from './schema.js';

/** Folder of the bundle that comes with the program, beside it: as far up from src/ as from dist/. */
export const shippedBundle = fileURLToPath(new URL('../../../models/bundles/first', import.meta.url));

/** The folder of the bundle to use: `bundle.path`, else the shipped one. */
export function bundleFolder(config: { readonly bundle: Pick<Config['bundle'], 'path'> }): string {
  return config.bundle.path ?? shippedBundle;
}

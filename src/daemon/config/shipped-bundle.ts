import { fileURLToPath } from 'node:url';
import type { Config } from './schema.js';

/** The folder of the bundle to use: `bundle.path`, else the one beside the program (as far up from src/ as from dist/). */
export function bundleFolder(config: Pick<Config, 'bundle'>): string {
  return config.bundle.path ?? fileURLToPath(new URL('../../../models/bundles/first', import.meta.url));
}

import type { Config } from '../../daemon/config/schema.js';
import { bundleFolder } from '../../daemon/config/shipped-bundle.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { loadBundle } from '../../pipeline/bundle/load.js';
import { ok, warn } from './finding.js';

/** The bundle's manifest and every digest. Errors: BUNDLE_*. */
export async function bundle(config: Config): Promise<Finding> {
  const { manifest, sha256 } = await loadBundle(bundleFolder(config), config.infer.precision);
  const covered = manifest.designs.filter(
    ({ threshold }) => threshold !== null && typeof manifest.thresholds[threshold]?.score === 'number',
  ).length;
  const detail = `${manifest.name} ${manifest.version} (${sha256.slice(0, 12)}), ${covered} of ${manifest.designs.length} designs covered`;
  if (covered > 0) return ok('bundle', detail);
  return warn('bundle', detail, 'No design can turn green: install a calibrated bundle.');
}

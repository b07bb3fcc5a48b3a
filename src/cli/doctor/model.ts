import type { Config } from '../../daemon/config/schema.js';
import { readTrust } from '../../daemon/bundles/trusted-keys.js';
import { judgingPlace } from '../../daemon/bundles/judging-bundle.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { inferSettings } from '../../daemon/from-config.js';
import { loadBundle } from '../../pipeline/bundle/load.js';
import { coverageOf } from '../../pipeline/bundle/thresholds.js';
import { ok, warn } from './finding.js';

/** The bundle's manifest, its signature and every digest, and how many of its designs may turn green at this station. Errors: BUNDLE_*, KEY_INVALID. */
export async function bundle(config: Config): Promise<Finding> {
  const { folder, trust } = await judgingPlace(config);
  const { manifest, sha256, signature } = await loadBundle(
    folder,
    await readTrust(trust),
    config.infer.precision === 'auto' ? 'fp32' : config.infer.precision,
  );
  const { judge, policy } = inferSettings(config);
  const covered = manifest.designs.filter(
    (design) =>
      coverageOf(manifest, design, { ...policy, measuringScore: null }, judge ?? manifest.judge.name).kind ===
      'covered',
  ).length;
  const signed = signature.kind === 'signed' ? `signed by ${signature.keyName}` : 'not signed';
  const detail = `${manifest.name} ${manifest.version} (${sha256.slice(0, 12)}), ${signed}, ${covered} of ${manifest.designs.length} designs covered`;
  if (covered === 0)
    return warn(
      'bundle',
      detail,
      'No design can turn green: install a calibrated bundle, or look at risk of the config.',
    );
  if (signature.kind === 'signed') return ok('bundle', detail);
  return warn('bundle', detail, 'Each result warns of it (unsigned_bundle). Install a signed one: cupcheck bundle.');
}

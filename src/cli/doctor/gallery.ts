import { judgesNow } from '../../daemon/bundles/judging-bundle.js';
import type { Config } from '../../daemon/config/schema.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { readServed, stationGallery } from '../../daemon/gallery/gallery-folder.js';
import { activeAdditions } from '../../pipeline/taught/taught-gallery.js';
import { counted } from '../layout.js';
import { ok } from './finding.js';

/** What was taught and serves with the active bundle is there, whole. Nothing is said where nothing serves. Errors: GALLERY_INVALID, BUNDLE_STATE. */
export async function gallery(config: Config): Promise<Finding[]> {
  const { galleries } = await judgesNow(config);
  const findings: Finding[] = [];
  for (const [network, { gallery: digest, who, when }] of Object.entries(galleries)) {
    const served = await readServed(stationGallery(config.gallery.path, network), digest);
    const pictures = served === null ? 0 : activeAdditions(served).length;
    findings.push(
      ok(
        'gallery',
        `${counted(pictures, 'taught picture')} serve, by ${who}, ${when.slice(0, 10)} (${digest.slice(0, 12)})`,
      ),
    );
  }
  return findings;
}

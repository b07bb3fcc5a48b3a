import { readSignedManifest } from '../../pipeline/bundle/read-manifest.js';
import { loadCalibration } from '../../pipeline/bundle/load-calibration.js';
import { keepBundleState } from '../bundles/bundle-state-file.js';
import {
  type BundleConfig,
  installedPlace,
  judgedBy,
  type JudgesBy,
  startBundles,
  unfitBundles,
} from '../bundles/judging-bundle.js';
import { readTrust } from '../bundles/trusted-keys.js';
import { calibrationFile } from '../calibration/station-calibration.js';
import { readServed, stationGallery } from '../gallery/gallery-folder.js';
import type { BundleShelf } from './bundle-shelf.js';
import type { JudgeProcess } from './switching-judge.js';

/** What judges at the station with that config. @param process one that judges by it; not started */
export function stationShelf(config: BundleConfig, process: (by: JudgesBy) => JudgeProcess): BundleShelf {
  return {
    start: (now) => startBundles(config, now),
    keep: (state) => keepBundleState(config.state.path, state),
    async named(sha256) {
      const { folder, trust } = installedPlace(config, sha256);
      const { manifest } = await readSignedManifest(folder, await readTrust(trust));
      return { bundle: sha256, name: manifest.name, version: manifest.version };
    },
    unfit: (judgings) => unfitBundles(config, judgings),
    async requireGallery(network, digest) {
      await readServed(stationGallery(config.gallery.path, network), digest);
    },
    async requireCalibration(sha256) {
      await loadCalibration(calibrationFile(config, sha256));
    },
    process: (judging) => process(judgedBy(config, judging)),
  };
}

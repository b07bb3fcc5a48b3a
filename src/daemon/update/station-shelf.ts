import { readSignedManifest } from '../../pipeline/bundle/read-manifest.js';
import { keepBundleState } from '../bundles/bundle-state-file.js';
import {
  type BundlePlace,
  installedPlace,
  placeOfJudging,
  startBundles,
  unfitBundles,
} from '../bundles/judging-bundle.js';
import { readTrust } from '../bundles/trusted-keys.js';
import type { Config } from '../config/schema.js';
import type { BundleShelf } from './bundle-updates.js';
import type { JudgeProcess } from './switching-judge.js';

/** The bundles of the station with that config. @param process one that judges by the bundle at a place; not started */
export function stationShelf(
  config: Pick<Config, 'bundle' | 'state'>,
  process: (place: BundlePlace) => JudgeProcess,
): BundleShelf {
  return {
    start: (now) => startBundles(config, now),
    keep: (state) => keepBundleState(config.state.path, state),
    async named(sha256) {
      const { folder, trust } = installedPlace(config, sha256);
      const { manifest } = await readSignedManifest(folder, await readTrust(trust));
      return { bundle: sha256, name: manifest.name, version: manifest.version };
    },
    unfit: (judgings) => unfitBundles(config, judgings),
    process: (judging) => process(placeOfJudging(config, judging)),
  };
}

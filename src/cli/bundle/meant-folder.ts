import { stat } from 'node:fs/promises';
import { readBundleState } from '../../daemon/bundles/bundle-state-file.js';
import { type BundleConfig, placeOfJudging } from '../../daemon/bundles/judging-bundle.js';
import { bundlePlace } from '../../daemon/bundles/store.js';
import { CupcheckError } from '../../errors.js';
import { pickBundle } from './pick-bundle.js';

/**
 * Where the bundle lies that a person means: "active" or "previous" as the station's state says, a folder, or an installed bundle by its
 * digest or NAME-VERSION.
 * @throws BUNDLE_UNKNOWN, BUNDLE_STORE, BUNDLE_STATE
 */
export async function meantFolder(meant: string, config: BundleConfig): Promise<string> {
  if (meant === 'active' || meant === 'previous') {
    const judging = (await readBundleState(config))[meant];
    if (judging === null) throw new CupcheckError('BUNDLE_UNKNOWN', `${meant}: no bundle judged before the active one`);
    return placeOfJudging(config, judging).folder;
  }
  const isFolder = await stat(meant).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? meant : bundlePlace(config.bundle.store, await pickBundle(meant, config));
}

import { readBundleState } from '../../daemon/bundles/bundle-state-file.js';
import { type BundlePlace, installedPlace, placeOfJudging } from '../../daemon/bundles/judging-bundle.js';
import type { Config } from '../../daemon/config/schema.js';
import { CupcheckError } from '../../errors.js';
import { pickBundle } from '../bundle/pick-bundle.js';

/** The bundle that a person means, as the station would judge by it. Errors: BUNDLE_UNKNOWN, BUNDLE_STORE, BUNDLE_STATE. */
export async function placeOfMeant(meant: string, config: Pick<Config, 'bundle' | 'state'>): Promise<BundlePlace> {
  if (meant !== 'active' && meant !== 'previous') return installedPlace(config, await pickBundle(meant, config));
  const judging = (await readBundleState(config.state.path))[meant];
  if (judging === null) throw new CupcheckError('BUNDLE_UNKNOWN', 'no bundle judged before the active one');
  return placeOfJudging(config, judging);
}

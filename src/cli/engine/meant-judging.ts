import { readBundleState } from '../../daemon/bundles/bundle-state-file.js';
import { type BundleConfig, installedPlace, judgedBy, type JudgesBy } from '../../daemon/bundles/judging-bundle.js';
import { CupcheckError } from '../../errors.js';
import { pickBundle } from '../bundle/pick-bundle.js';

/** The bundle that a person means, as the station would judge by it. Errors: BUNDLE_UNKNOWN, BUNDLE_STORE, BUNDLE_STATE. */
export async function meantJudging(meant: string, config: BundleConfig): Promise<JudgesBy> {
  const state = await readBundleState(config);
  if (meant !== 'active' && meant !== 'previous')
    return { place: installedPlace(config, await pickBundle(meant, config)), galleries: state.active.galleries };
  const judging = state[meant];
  if (judging === null) throw new CupcheckError('BUNDLE_UNKNOWN', `${meant}: no bundle judged before the active one`);
  return judgedBy(config, judging);
}

import { asCupcheckError, CupcheckError } from '../../errors.js';
import type { Config } from '../config/schema.js';
import { bundleFolder } from '../config/shipped-bundle.js';
import { trustSettings } from '../config/trust-settings.js';
import type { BundleState, Judging } from './bundle-state.js';
import { keepBundleState, readBundleState } from './bundle-state-file.js';
import { nextBundleState } from './bundle-transitions.js';
import type { Galleries } from '../gallery/galleries.js';
import { bundlePlace } from './store.js';
import { readTrust, type TrustSettings } from './trusted-keys.js';
import { type VerifiedFolder, verifyFolder } from './verify-folder.js';

export type BundleConfig = Pick<Config, 'bundle' | 'state' | 'gallery'>;

/** Where a bundle lies that is to judge, and whose signature it needs. */
export interface BundlePlace {
  readonly folder: string;
  /** SHA-256 of the manifest that must lie there; `null` = whichever does. */
  readonly sha256: string | null;
  readonly trust: TrustSettings;
}

/** What a process judges by. */
export interface JudgesBy {
  readonly place: BundlePlace;
  readonly galleries: Galleries;
}

export function installedPlace(config: Pick<Config, 'bundle'>, sha256: string): BundlePlace {
  const folder = bundlePlace(config.bundle.store, sha256);
  return { folder, sha256, trust: trustSettings(config, folder) };
}

export function placeOfJudging(
  config: Pick<Config, 'bundle'>,
  judging: Pick<Judging, 'bundle'> = { bundle: null },
): BundlePlace {
  if (judging.bundle !== null) return installedPlace(config, judging.bundle);
  return { folder: bundleFolder(config), sha256: null, trust: trustSettings(config) };
}

export const judgedBy = (config: Pick<Config, 'bundle'>, judging: Judging): JudgesBy => ({
  place: placeOfJudging(config, judging),
  galleries: judging.galleries,
});

/** What the station judges by, as its state says; nothing of it was read. Errors: BUNDLE_STATE, GALLERY_INVALID. */
export async function judgesNow(config: BundleConfig): Promise<JudgesBy> {
  return judgedBy(config, (await readBundleState(config)).active);
}

/** The bundle of it. Errors: BUNDLE_STATE, GALLERY_INVALID. */
export async function judgingPlace(config: BundleConfig): Promise<BundlePlace> {
  return (await judgesNow(config)).place;
}

/**
 * Reads all of a bundle that is to judge.
 * @throws KEY_INVALID, BUNDLE_MISSING, BUNDLE_INVALID, BUNDLE_DIGEST, BUNDLE_UNSIGNED, BUNDLE_UNTRUSTED, BUNDLE_SIGNATURE
 */
export async function verifyPlace({ folder, sha256, trust }: BundlePlace): Promise<VerifiedFolder> {
  const found = await verifyFolder(folder, await readTrust(trust));
  if (sha256 !== null && found.sha256 !== sha256)
    throw new CupcheckError('BUNDLE_DIGEST', `${folder} holds the bundle ${found.sha256}`);
  return found;
}

/**
 * Which of the bundles cannot judge, by digest, with what is wrong. The bundle of the config is not asked for here. Where the trusted
 * keys cannot be read nothing speaks against any of them: none will judge before that is mended.
 */
export async function unfitBundles(
  config: Pick<Config, 'bundle'>,
  judgings: readonly (Judging | null)[],
): Promise<ReadonlyMap<string, string>> {
  const unfit = new Map<string, string>();
  for (const judging of judgings) {
    if (judging === null || judging.bundle === null) continue;
    await verifyPlace(placeOfJudging(config, judging)).catch((thrown: unknown) => {
      const { code, message } = asCupcheckError(thrown);
      if (code !== 'KEY_INVALID') unfit.set(judging.bundle, message);
    });
  }
  return unfit;
}

/**
 * What judges from this start on: the active bundle where it is whole and trusted, else the one before it, else the config's. What was
 * being proved when the station stopped is rejected; a trial that is over is rolled back. Nothing is written where nothing changes.
 * `kept`: why the change could not be written. It counts all the same: the same start would come to the same end.
 * @throws BUNDLE_STATE
 */
export async function startBundles(
  config: BundleConfig,
  now: Date,
): Promise<{ readonly before: BundleState; readonly state: BundleState; readonly kept: CupcheckError | null }> {
  const before = await readBundleState(config);
  const unfit = await unfitBundles(config, [before.active, before.previous]);
  const state = nextBundleState(before, { type: 'start', at: now.toISOString(), unfit });
  if (state === before) return { before, state, kept: null };
  const kept = await keepBundleState(config.state.path, state).then(() => null, asCupcheckError);
  return { before, state, kept };
}

import { loadCalibration } from '../../pipeline/bundle/load-calibration.js';
import { calibrationFile } from '../calibration/station-calibration.js';
import type { ServedGallery } from '../gallery/galleries.js';
import { readServed, stationGallery } from '../gallery/gallery-folder.js';
import type { BundleState } from './bundle-state.js';
import { keepBundleState, readBundleState } from './bundle-state-file.js';
import { type BundleEvent, nextBundleState } from './bundle-transitions.js';
import { type BundleConfig, installedPlace, unfitBundles, verifyPlace } from './judging-bundle.js';

export interface Changed {
  readonly before: BundleState;
  /** The very same object as `before` where there was nothing to do. */
  readonly state: BundleState;
}

async function change(config: BundleConfig, before: BundleState, event: BundleEvent): Promise<Changed> {
  const state = nextBundleState(before, event);
  if (state !== before) await keepBundleState(config.state.path, state);
  return { before, state };
}

/**
 * Stages an installed bundle of a station that does not run: it is proved, and judges on trial, when the station starts.
 * @throws BUNDLE_STATE, BUNDLE_STEP, STORAGE_FAULT, and as `verifyPlace`
 */
export async function stageOffline(config: BundleConfig, sha256: string, now: Date): Promise<Changed> {
  const { manifest } = await verifyPlace(installedPlace(config, sha256));
  const candidate = { bundle: sha256, name: manifest.name, version: manifest.version };
  const before = await readBundleState(config);
  return await change(config, before, { type: 'stage', candidate, at: now.toISOString() });
}

/** Errors: BUNDLE_STATE, STORAGE_FAULT. */
export async function commitOffline(config: BundleConfig, now: Date): Promise<Changed> {
  return await change(config, await readBundleState(config), { type: 'commit', at: now.toISOString() });
}

/** Undoes the newest step of a station that does not run. Errors: BUNDLE_STATE, STORAGE_FAULT. */
export async function rollbackOffline(config: BundleConfig, now: Date): Promise<Changed> {
  const before = await readBundleState(config);
  const unfit = await unfitBundles(config, [before.previous]);
  return await change(config, before, { type: 'rollback', why: 'by request', unfit, at: now.toISOString() });
}

/** Lets a kept gallery serve from the next start on. Errors: GALLERY_INVALID, BUNDLE_STATE, STORAGE_FAULT. */
export async function serveOffline(
  config: BundleConfig,
  network: string,
  served: ServedGallery | null,
  now: Date,
): Promise<Changed> {
  await readServed(stationGallery(config.gallery.path, network), served?.gallery ?? null);
  const before = await readBundleState(config);
  return await change(config, before, { type: 'serve', network, served, at: now.toISOString() });
}

/** Names the calibration that counts from the next start on. Errors: CALIBRATION_INVALID, BUNDLE_STATE, STORAGE_FAULT. */
export async function calibrateOffline(config: BundleConfig, calibration: string, now: Date): Promise<Changed> {
  await loadCalibration(calibrationFile(config, calibration));
  const before = await readBundleState(config);
  return await change(config, before, { type: 'calibrate', calibration, at: now.toISOString() });
}

import type { Config } from '../config/schema.js';
import type { BundleState } from './bundle-state.js';
import { keepBundleState, readBundleState } from './bundle-state-file.js';
import { type BundleEvent, nextBundleState } from './bundle-transitions.js';
import { installedPlace, unfitBundles, verifyPlace } from './judging-bundle.js';

type BundleConfig = Pick<Config, 'bundle' | 'state'>;

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
  const before = await readBundleState(config.state.path);
  return await change(config, before, { type: 'stage', candidate, at: now.toISOString() });
}

/** Errors: BUNDLE_STATE, STORAGE_FAULT. */
export async function commitOffline(config: BundleConfig, now: Date): Promise<Changed> {
  return await change(config, await readBundleState(config.state.path), { type: 'commit', at: now.toISOString() });
}

/** Undoes the newest step of a station that does not run. Errors: BUNDLE_STATE, STORAGE_FAULT. */
export async function rollbackOffline(config: BundleConfig, now: Date): Promise<Changed> {
  const before = await readBundleState(config.state.path);
  const unfit = await unfitBundles(config, [before.previous]);
  return await change(config, before, { type: 'rollback', why: 'by request', unfit, at: now.toISOString() });
}

import type { CupcheckError } from '../../errors.js';
import type { BundleState, Judging, NamedBundle } from '../bundles/bundle-state.js';
import type { JudgeProcess } from './switching-judge.js';

/** Where the bundles of this station lie, and what judges by its word. */
export interface BundleShelf {
  /** What judges from this start on. Errors: BUNDLE_STATE. */
  start(
    now: Date,
  ): Promise<{ readonly before: BundleState; readonly state: BundleState; readonly kept: CupcheckError | null }>;
  /** The commit point. Errors: STORAGE_FAULT. */
  keep(state: BundleState): Promise<void>;
  /** An installed bundle by its manifest. Errors: BUNDLE_*, KEY_INVALID. */
  named(sha256: string): Promise<NamedBundle>;
  /** Those that cannot judge, with what is wrong. */
  unfit(judgings: readonly (Judging | null)[]): Promise<ReadonlyMap<string, string>>;
  /** Errors: GALLERY_INVALID where it is not there, whole. */
  requireGallery(network: string, sha256: string): Promise<void>;
  /** Errors: CALIBRATION_INVALID where it is not there, whole. */
  requireCalibration(sha256: string): Promise<void>;
  /** A process that judges by it; not started. */
  process(judging: Judging): JudgeProcess;
}

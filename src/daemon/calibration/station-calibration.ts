import { join } from 'node:path';
import { loadCalibration, type LoadedCalibration } from '../../pipeline/bundle/load-calibration.js';
import { readBundleState, type StateConfig } from '../bundles/bundle-state-file.js';
import type { Config } from '../config/schema.js';

export type CalibrationConfig = StateConfig & Pick<Config, 'calibration'>;

/** Where the station keeps its calibrations, each under its digest, and their pictures of the empty cup. */
export const calibrationFolder = ({ state }: Pick<Config, 'state'>): string => join(state.path, 'calibration');

export const calibrationFile = (config: Pick<Config, 'state'>, sha256: string): string =>
  join(calibrationFolder(config), `${sha256}.json`);

/** The file of the calibration that counts: the config's, else the station's own; `null` = none. Errors: BUNDLE_STATE, GALLERY_INVALID. */
export async function calibrationPath(config: CalibrationConfig): Promise<string | null> {
  if (config.calibration.path !== null) return config.calibration.path;
  const { calibration } = await readBundleState(config);
  return calibration === null ? null : calibrationFile(config, calibration);
}

/** The config with the calibration that counts in `calibration.path`. Errors: BUNDLE_STATE, GALLERY_INVALID. */
export async function withCalibration(config: Config): Promise<Config> {
  return { ...config, calibration: { ...config.calibration, path: await calibrationPath(config) } };
}

/** The calibration that counts from the next start on; `null` = there is none. Errors: CALIBRATION_INVALID, BUNDLE_STATE, GALLERY_INVALID. */
export async function stationCalibration(config: CalibrationConfig): Promise<LoadedCalibration | null> {
  const path = await calibrationPath(config);
  return path === null ? null : await loadCalibration(path);
}

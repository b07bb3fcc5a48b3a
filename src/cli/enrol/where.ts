import { join } from 'node:path';
import { judgingPlace } from '../../daemon/bundles/judging-bundle.js';
import { readTrust } from '../../daemon/bundles/trusted-keys.js';
import { type GalleryFolder, stationGallery } from '../../daemon/gallery/gallery-folder.js';
import { type Bundle, loadBundle } from '../../pipeline/bundle/load.js';
import { keptCalibration } from '../calibrate/keep-calibration.js';
import type { Cli } from '../cli.js';

export interface WhereOptions {
  readonly gallery?: string;
  readonly bundle?: string;
}

/** The gallery that a command works on, and what belongs to it. */
export interface Place {
  readonly bundle: Bundle;
  readonly folder: GalleryFolder;
  /** Whether it is the station's own: then what is taught is a candidate until `recalibrate`. */
  readonly station: boolean;
  /** The station's scale, and the size of pictures that it holds for; `null` = not calibrated, or no station's gallery. */
  readonly calibration: { readonly pxPerMm: number; readonly width: number; readonly height: number } | null;
  readonly threads: number;
}

/** Errors: CONFIG_INVALID, BUNDLE_*, KEY_INVALID, CALIBRATION_INVALID. */
export async function placeOf({ gallery, bundle }: WhereOptions, cli: Cli): Promise<Place> {
  const { config } = await cli.goodConfig();
  const judging = await judgingPlace(config);
  // A bundle that a person names is theirs to answer for; no light is lit by it.
  const trust = await readTrust(bundle === undefined ? judging.trust : { ...judging.trust, allowUnsigned: true });
  const loaded = await loadBundle(bundle ?? judging.folder, trust);
  const threads = config.infer.threads;
  if (gallery !== undefined)
    return { bundle: loaded, folder: { path: gallery }, station: false, calibration: null, threads };
  const kept = config.calibration.path === null ? null : await keptCalibration(config.calibration.path);
  return {
    bundle: loaded,
    folder: stationGallery(config.gallery.path, loaded.manifest.gallery.networkSha256),
    station: true,
    calibration: kept === null ? null : { pxPerMm: kept.pxPerMm, ...kept.camera },
    threads,
  };
}

export const shownFolder = ({ folder }: Place) => join(folder.path, 'gallery.json');

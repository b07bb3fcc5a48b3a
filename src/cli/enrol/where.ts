import { join } from 'node:path';
import { readBundleState } from '../../daemon/bundles/bundle-state-file.js';
import { judgingPlace } from '../../daemon/bundles/judging-bundle.js';
import { readTrust } from '../../daemon/bundles/trusted-keys.js';
import { stationCalibration } from '../../daemon/calibration/station-calibration.js';
import type { ServedGallery } from '../../daemon/gallery/galleries.js';
import { type GalleryFolder, stationGallery } from '../../daemon/gallery/gallery-folder.js';
import { type Bundle, loadBundle } from '../../pipeline/bundle/load.js';
import { calibrationAt } from '../calibrate/calibration-place.js';
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
  /** What serves now; `null` = nothing, or it is no station's gallery. Errors: BUNDLE_STATE, GALLERY_INVALID. */
  readonly served: () => Promise<ServedGallery | null>;
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
    return {
      bundle: loaded,
      folder: { path: gallery },
      station: false,
      calibration: null,
      threads,
      served: () => Promise.resolve(null),
    };
  const { path } = config.calibration;
  // A file that the config names may be still to be made.
  const calibrated = await (path === null ? stationCalibration(config) : calibrationAt(path).kept());
  const kept = calibrated?.calibration ?? null;
  const { networkSha256 } = loaded.manifest.gallery;
  return {
    bundle: loaded,
    folder: stationGallery(config.gallery.path, networkSha256),
    station: true,
    calibration: kept === null ? null : { pxPerMm: kept.pxPerMm, ...kept.camera },
    threads,
    served: async () => (await readBundleState(config)).active.galleries[networkSha256] ?? null,
  };
}

export const shownFolder = ({ folder }: Place) => join(folder.path, 'gallery.json');

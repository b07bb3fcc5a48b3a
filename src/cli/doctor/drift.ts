import { stationCalibration } from '../../daemon/calibration/station-calibration.js';
import type { Config } from '../../daemon/config/schema.js';
import { askStation } from '../../daemon/control/client.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { decodeJpeg } from '../../native/jpeg.js';
import { inferSettings } from '../../daemon/from-config.js';
import { compareToEmptyCup } from '../../daemon/station-check/empty-cup.js';
import { stationFrame } from '../calibrate/station-frames.js';
import { fail } from './finding.js';

/**
 * A fresh picture of the running station against that of the empty cup: lamp, lens, and where the camera stands.
 * Nobody runs: nothing is found here, since the station's own check tells it. Errors: those of the station's camera.
 */
export async function drift(config: Config): Promise<Finding[]> {
  const kept = await stationCalibration(config);
  if (kept === null) return [];
  const { calibration, referenceJpeg } = kept;
  const { picture } = await stationFrame((verb, params, options) =>
    askStation(config.control.socket, verb, params, options),
  );
  const { width, height } = calibration.camera;
  if (picture.width !== width || picture.height !== height) {
    const detail = `the camera gives ${picture.width}×${picture.height}, calibrated was ${width}×${height}`;
    return [fail('camera size', detail, 'Set the camera as it was, or calibrate again: no size is right until then.')];
  }
  if (referenceJpeg === null) return [];
  const zone = inferSettings(config).code?.zone ?? null;
  return [...compareToEmptyCup(decodeJpeg(referenceJpeg), picture, zone).findings];
}

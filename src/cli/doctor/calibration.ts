import { stationCalibration } from '../../daemon/calibration/station-calibration.js';
import type { Config } from '../../daemon/config/schema.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import type { LoadedCalibration } from '../../pipeline/bundle/load-calibration.js';
import { fail, ok, warn } from './finding.js';

const msPerDay = 86_400_000;
const again = 'Calibrate again: cupcheck calibrate scale, cupcheck calibrate empty.';

/** The kept calibration by itself: there, whole, with its picture, not too old. Errors: CALIBRATION_INVALID. */
export async function calibration(config: Config, now = new Date()): Promise<Finding[]> {
  const loaded = await stationCalibration(config);
  if (loaded === null) {
    const help = 'cupcheck calibrate scale, cupcheck calibrate empty.';
    return [warn('calibration', 'none: sizes are not checked, nothing unexplained is seen', help)];
  }
  return [...kept(loaded), ...ages(loaded, config.calibration.maxAgeDays, now)];
}

function kept({ calibration: { pxPerMm, scale, camera }, referenceJpeg }: LoadedCalibration): Finding[] {
  const by = scale === null ? '' : ` by ${scale.by}`;
  const size = `${camera.width}×${camera.height}`;
  const detail = `${pxPerMm} px per mm${by}, ${size}`;
  if (referenceJpeg !== null) return [ok('calibration', `${detail}, with the empty cup`)];
  const help = 'Take one: cupcheck calibrate empty. Else a missed item can hide.';
  return [warn('calibration', `${detail}, no picture of the empty cup`, help)];
}

function ages({ calibration: { at, empty } }: LoadedCalibration, maxAgeDays: number, now: Date): Finding[] {
  const aged = [{ what: 'scale', at }, ...(empty === null ? [] : [{ what: 'picture of the empty cup', at: empty.at }])];
  return aged.flatMap(({ what, at }) => {
    const days = (now.getTime() - Date.parse(at)) / msPerDay;
    if (days < -1)
      return [fail('calibration age', `the ${what} is of ${at}, which is to come`, `Set the clock. ${again}`)];
    if (days <= maxAgeDays) return [];
    const detail = `the ${what} is ${Math.floor(days)} days old, calibration.maxAgeDays is ${maxAgeDays}`;
    return [warn('calibration age', detail, again)];
  });
}

import type { LoadedCalibration } from '../../pipeline/bundle/load-calibration.js';
import { MIN_DETAIL, MIN_LIGHT } from '../../pipeline/drift.js';
import type { Exposure } from '../../pipeline/exposure.js';
import type { Finding } from '../control/station-verbs.js';
import type { ComparedPictures, PicturesToCompare } from './compare-aside.js';
import type { EmptyCupComparison } from './empty-cup.js';
import { byError, finding, type PartCheck, type PartFinding } from './part-finding.js';

export interface EmptyStationOptions {
  /** Read at each look: the command line replaces it. `null` = the station has none. Errors: CALIBRATION_INVALID. */
  readonly calibration: () => Promise<LoadedCalibration | null>;
  /** A fresh picture. Errors: those of the camera. */
  readonly frame: (signal: AbortSignal) => Promise<Uint8Array>;
  readonly compare: (pictures: PicturesToCompare, signal: AbortSignal) => Promise<ComparedPictures>;
  /** Where a code may stand or not. */
  readonly zone: PicturesToCompare['zone'];
}

/** Brightest parts below this share of the calibration's, in luma: the lamp is out, or the lens is covered, whatever lies there. */
const BLACK = 0.1;
/** So much more of the picture may be white than at the calibration: an empty place may shine more than a cup. */
const WHITER = 0.25;
const calibrate = 'Take one: cupcheck calibrate empty.';

/**
 * Focus, exposure, light and place of the camera, by a live picture against that of the empty cup which the calibration keeps.
 * The limits that fail are those that make a cup amber (decision 0061); `doctor`'s finer ones are told.
 */
export function emptyStationCheck({ calibration, frame, compare, zone }: EmptyStationOptions): PartCheck {
  return async (signal) => {
    try {
      const loaded = await calibration();
      if (loaded === null) return [finding('empty cup', 'absent', 'no calibration, so no picture of it', calibrate)];
      const { referenceJpeg } = loaded;
      if (referenceJpeg === null)
        return [finding('empty cup', 'absent', 'the calibration has no picture of it', calibrate)];
      return partsOf(await compare({ reference: referenceJpeg, picture: await frame(signal), zone }, signal));
    } catch (thrown) {
      signal.throwIfAborted();
      return [byError('exposure', thrown)];
    }
  };
}

function partsOf({ sizes: [then, now], exposures, comparison }: ComparedPictures): PartFinding[] {
  const exposure = exposurePart(exposures);
  if (comparison !== null) return [exposure, ...comparedParts(comparison)];
  const detail = `the camera gives ${now}, calibrated was ${then}`;
  const help = 'Set the camera as it was, or calibrate again: no size is right until then.';
  return [exposure, finding('camera place', 'failed', detail, help)];
}

function exposurePart([then, now]: readonly [Exposure, Exposure]): PartFinding {
  const said = ({ luma, highlight, clipped }: Exposure) =>
    `mean ${luma.toFixed(0)} of 255, brightest parts ${highlight.toFixed(0)}, ${(clipped * 100).toFixed(0)} % white`;
  const detail = `${said(now)}; at the calibration ${said(then)}`;
  if (now.highlight < BLACK * then.highlight)
    return finding('exposure', 'failed', `black: ${detail}`, 'Look at the lamp, and for what covers the lens.');
  if (now.clipped > then.clipped + WHITER)
    return finding('exposure', 'failed', `white: ${detail}`, 'Set exposure and gain as they were at the calibration.');
  return finding('exposure', 'ok', detail);
}

function comparedParts({ findings, drift }: EmptyCupComparison): PartFinding[] {
  if (drift === null) {
    const detail =
      'not in its place, so that lamp, lens and camera place were not compared; between two cups that is no fault';
    return [finding('empty cup', 'not_looked', detail, 'Put it in its place, and: cupcheck selftest run.')];
  }
  const { light, detail } = drift;
  const isFailed: Readonly<Record<string, boolean>> = {
    lamp: light < MIN_LIGHT || light > 1 / MIN_LIGHT,
    // One part that is not seen may be a coin that was left there; the whole picture is lens or focus.
    lens: detail !== null && detail < MIN_DETAIL,
    'camera place': true,
  };
  return findings.map(({ check, state, detail, help }: Finding) => {
    const part = check === 'lamp' || check === 'lens' ? check : 'camera place';
    if (state === 'ok') return finding(part, 'ok', detail);
    return finding(part, isFailed[part] === true ? 'failed' : 'warn', detail, help);
  });
}

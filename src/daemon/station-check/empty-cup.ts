import { type Background, backgroundOf, type Drift, driftFrom, finePart } from '../../pipeline/background.js';
import type { Picture } from '../../pipeline/frame.js';
import { type CameraMove, cameraMove } from '../../pipeline/registration.js';
import type { Zone } from '../../pipeline/unexplained.js';
import { fail, ok, warn } from '../control/finding.js';
import type { Finding } from '../control/station-verbs.js';

/** A lamp ages by less than this between two calibrations, and auto-exposure hides as much. */
const LIGHT_SLACK = 0.15;
/** A camera that stands fast sees its empty cup again at its place, within noise. */
const MOVED_PX = 1;
const TURNED_DEG = 0.15;
const ZOOMED = 0.002;
/** So much of the detail is found again through a clean lens. */
const DETAIL = 0.9;
const PART_DETAIL = 0.7;
/** Less than this in common is no picture of this cup at all. */
const NOTHING_IN_COMMON = 0.2;

/** A picture of the station against that of its empty cup. */
export interface EmptyCupComparison {
  /** Lamp, camera place and lens; or the lamp, and that the empty cup is not seen. */
  readonly findings: readonly Finding[];
  /** The numbers behind them; `null` where the empty cup is not seen, so that they mean nothing. */
  readonly drift: Drift | null;
}

const percent = (share: number) => `${(share * 100).toFixed(0)} %`;

/** What changed between the two; both of the empty cup, and of one size. @param zone where a code may stand or not */
export function compareToEmptyCup(reference: Picture, picture: Picture, zone: Zone | null = null): EmptyCupComparison {
  const [then, now] = [backgroundOf(reference), backgroundOf(picture)];
  const seen = driftFrom(then, now, [], { zone, part: finePart });
  const move = cameraMove(then, now);
  if (move === null || (seen.detail !== null && seen.detail < NOTHING_IN_COMMON && !isMoved(move))) {
    const help = 'Take away what lies there, put the empty cup in its place, and ask again. If it is: calibrate again.';
    const unseen = fail('empty cup', 'the camera does not see the empty cup of the calibration', help);
    return { findings: [lightFinding(seen), unseen], drift: null };
  }
  return { findings: [lightFinding(seen), placeFinding(move), focusFinding(seen, move, then, now)], drift: seen };
}

function lightFinding({ light }: Drift): Finding {
  const detail = `${percent(light)} of the light at the calibration`;
  if (Math.abs(light - 1) <= LIGHT_SLACK) return ok('lamp', detail);
  const help =
    light < 1
      ? 'Clean or replace the lamp; keep daylight out as before.'
      : 'Find what adds light: daylight, another lamp, a film on the lens.';
  return warn('lamp', detail, `${help} If it is to stay so: cupcheck calibrate empty.`);
}

const isMoved = ({ dxPx, dyPx, turnDeg, zoom }: CameraMove): boolean =>
  Math.hypot(dxPx, dyPx) > MOVED_PX || Math.abs(turnDeg) > TURNED_DEG || Math.abs(zoom - 1) > ZOOMED;

function placeFinding(move: CameraMove): Finding {
  const { dxPx, dyPx, turnDeg, zoom } = move;
  const detail = `moved by ${Math.hypot(dxPx, dyPx).toFixed(1)} px, turned by ${Math.abs(turnDeg).toFixed(2)}°, scale ${(zoom * 100).toFixed(2)} % of the calibration’s`;
  if (!isMoved(move)) return ok('camera place', detail);
  return fail(
    'camera place',
    detail,
    'Put camera and cup back and fix them, or calibrate again: scale first, then empty.',
  );
}

function focusFinding({ detail, worst }: Drift, move: CameraMove, then: Background, now: Background): Finding {
  if (detail === null || worst === null)
    return warn(
      'lens',
      'the empty cup shows too little to tell',
      'Look at a picture of it: cupcheck calibrate empty keeps one.',
    );
  // A camera that moved does not find the detail at its place, through the cleanest lens: then sharpness alone tells.
  const sharpShare = sharpness(then, now);
  const sharp = isMoved(move) ? sharpShare >= DETAIL : detail >= DETAIL && worst.detail >= PART_DETAIL;
  const text = isMoved(move)
    ? `${percent(sharpShare)} as sharp as at the calibration; spots can be told once the camera is back`
    : `${percent(detail)} of the empty cup’s detail is seen, ${percent(worst.detail)} at ${worst.box.map((px) => px.toFixed(0)).join(', ')}`;
  if (sharp) return ok('lens', text);
  return warn('lens', text, 'Clean the lens and set its focus. Take away what lies in the cup.');
}

const sharpness = (then: Background, now: Background): number =>
  Math.sqrt(
    now.relief.reduce((sum, value) => sum + value ** 2, 0) / then.relief.reduce((sum, value) => sum + value ** 2, 0),
  );

import { CupcheckError } from '../../errors.js';
import type { Calibration } from '../../pipeline/calibration.js';
import type { Result } from '../result.js';
import { keptBytes } from './golden-folder.js';
import {
  type Asked,
  type GoldenRecord,
  type GoldenScene,
  maxItems,
  maxPictureBytes,
  type Recorded,
} from './golden-record.js';

/** What a person says of a cup. */
export interface Truth {
  readonly truth: 'ok' | 'wrong';
  /** `null` = what the cup's order asked for. */
  readonly design: string | null;
  readonly count: number | null;
  readonly by: string;
  readonly note: string | null;
}

/** The calibration that the station has now; `null` = none. */
export interface SceneNow {
  readonly calibration: {
    readonly sha256: string;
    readonly calibration: Pick<Calibration, 'pxPerMm'>;
    readonly referenceJpeg: Uint8Array | null;
  } | null;
  readonly codeZone: GoldenScene['codeZone'];
}

const refused = (what: string) => new CupcheckError('GOLDEN_REFUSED', what);

const askedOf = ({ mode, order, count, design, verdict }: Result): Asked => {
  if (mode === 'confirm') return { mode, design: order?.design ?? null, count: order?.count ?? null };
  return { mode, design: verdict === 'green' ? design : null, count: count.expected };
};

function recordedOf(result: Result): Recorded {
  const { verdict, reasons, score, items, bundle, gallery_sha256, calibration_sha256, provider } = result;
  return {
    asked: askedOf(result),
    verdict,
    reasons: [...new Set(reasons.map(({ reason }) => reason))],
    score,
    items: items.map(({ box, design, score }) => ({ box, design, score })),
    bundle,
    gallery: gallery_sha256,
    calibration: calibration_sha256,
    provider,
  };
}

function expectedOf(result: Result, { truth, design, count }: Truth): Asked {
  const asked = askedOf(result);
  const expected = { mode: asked.mode, design: design ?? asked.design, count: count ?? asked.count };
  const needs = asked.mode === 'confirm' ? [expected.design, expected.count] : truth === 'ok' ? [expected.design] : [];
  if (needs.includes(null))
    throw refused(`nothing says what cup ${result.seq} should hold: no order did. Give --expect and --count`);
  return expected;
}

/** The scale and the empty cup that the cup was judged with. */
function sceneOf(result: Result, { calibration, codeZone }: SceneNow): GoldenScene {
  if (result.calibration_sha256 === null) return { pxPerMm: null, empty: null, codeZone };
  if (calibration?.sha256 !== result.calibration_sha256)
    throw refused(
      `cup ${result.seq} was judged with the calibration ${result.calibration_sha256.slice(0, 12)}, the station has ${calibration?.sha256.slice(0, 12) ?? 'none'} now`,
    );
  const { referenceJpeg } = calibration;
  if (referenceJpeg !== null && referenceJpeg.length > maxPictureBytes)
    throw refused(`the picture of the empty cup has ${referenceJpeg.length} bytes, allowed are ${maxPictureBytes}`);
  return {
    pxPerMm: calibration.calibration.pxPerMm,
    empty: referenceJpeg === null ? null : keptBytes(referenceJpeg),
    codeZone,
  };
}

/**
 * The record of a journalled cup.
 * @param jpeg its picture, as it was judged
 * @throws GOLDEN_REFUSED where something that it needs is not known, or is too large
 */
export function recordOfCup(result: Result, jpeg: Uint8Array, truth: Truth, now: SceneNow, added: Date): GoldenRecord {
  if (jpeg.length > maxPictureBytes)
    throw refused(`the picture of cup ${result.seq} has ${jpeg.length} bytes, allowed are ${maxPictureBytes}`);
  if (result.items.length > maxItems)
    throw refused(`cup ${result.seq} has ${result.items.length} items, allowed are ${maxItems}`);
  return {
    schema: 1,
    cup: result.id,
    seq: result.seq,
    station: result.station,
    at: result.time.utc,
    truth: truth.truth,
    expected: expectedOf(result, truth),
    by: truth.by,
    added: added.toISOString(),
    note: truth.note,
    picture: keptBytes(jpeg),
    scene: sceneOf(result, now),
    recorded: recordedOf(result),
  };
}

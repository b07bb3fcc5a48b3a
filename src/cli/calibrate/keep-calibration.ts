import { createHash } from 'node:crypto';
import { CupcheckError } from '../../errors.js';
import { backgroundOf, reliefOf } from '../../pipeline/background.js';
import type { Calibration, MeasuredScale } from '../../pipeline/calibration.js';
import { parseCalibration } from '../../pipeline/calibration.js';
import { glanceAt } from '../../pipeline/glance.js';
import type { PictureFile } from '../read-picture.js';
import type { CalibrationPlace } from './calibration-place.js';

export interface KeptCalibration {
  readonly path: string;
  readonly calibration: Calibration;
}

function textOf(calibration: Calibration): string {
  const { scale, empty, ...needed } = calibration;
  const document = { ...needed, ...(scale === null ? {} : { scale }), ...(empty === null ? {} : { empty }) };
  const text = `${JSON.stringify(document, null, 2)}\n`;
  parseCalibration(text);
  return text;
}

/**
 * Keeps a new scale. The picture of the empty cup stays, where it was taken at the same size.
 * @returns what is kept now, what was before, and whether a picture of another size had to go
 * @throws as `CalibrationPlace`
 */
export async function keepScale(
  place: CalibrationPlace,
  picture: { readonly width: number; readonly height: number },
  pxPerMm: number,
  scale: MeasuredScale,
  at: Date,
): Promise<KeptCalibration & { readonly before: Calibration | null; readonly dropped: boolean }> {
  const kept = await place.kept();
  const before = kept?.calibration ?? null;
  const { width, height } = picture;
  const same = before !== null && before.camera.width === width && before.camera.height === height;
  const calibration: Calibration = {
    schema: 1,
    pxPerMm: Math.round(pxPerMm * 10_000) / 10_000,
    reference: same ? before.reference : null,
    at: at.toISOString(),
    camera: { width, height },
    scale: { ...scale, spread: Math.round(scale.spread * 100_000) / 100_000 },
    empty: same ? before.empty : null,
  };
  const path = await place.keep(textOf(calibration), same ? (kept?.referenceJpeg ?? null) : null);
  return { path, calibration, before, dropped: before !== null && before.reference !== null && !same };
}

/**
 * Keeps the picture of the empty cup: first the picture, under a name of its own, then the calibration that names it.
 * @throws CALIBRATION_FAILED where there is no scale yet, or one of another size; and as `CalibrationPlace`
 */
export async function keepEmptyCup(
  place: CalibrationPlace,
  { picture, jpeg }: PictureFile,
  at: Date,
): Promise<KeptCalibration> {
  const before = (await place.kept())?.calibration ?? null;
  if (before === null)
    throw new CupcheckError('CALIBRATION_FAILED', 'no scale is kept yet: cupcheck calibrate scale comes first');
  const { width, height } = picture;
  if (before.camera.width !== width || before.camera.height !== height)
    throw new CupcheckError(
      'CALIBRATION_FAILED',
      `the picture has ${String(width)}×${String(height)} pixels, the scale was measured at ${String(before.camera.width)}×${String(before.camera.height)}: measure the scale again`,
    );
  const sha256 = createHash('sha256').update(jpeg).digest('hex');
  const { luma, highlight } = glanceAt(picture).exposure;
  const reference = `empty-${sha256.slice(0, 16)}.jpg`;
  const calibration: Calibration = {
    ...before,
    reference,
    empty: {
      sha256,
      at: at.toISOString(),
      luma: Math.round(luma * 100) / 100,
      highlight,
      relief: Math.round(reliefOf(backgroundOf(picture)) * 100_000) / 100_000,
    },
  };
  await place.keepPicture(reference, jpeg);
  return { path: await place.keep(textOf(calibration), jpeg), calibration };
}

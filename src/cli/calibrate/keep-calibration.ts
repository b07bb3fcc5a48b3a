import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../daemon/config/schema.js';
import { makeStationFolder, replaceFile, stationReads } from '../../daemon/durable-file.js';
import { CupcheckError } from '../../errors.js';
import { backgroundOf, reliefOf } from '../../pipeline/background.js';
import { loadCalibration } from '../../pipeline/bundle/load-calibration.js';
import type { Calibration, MeasuredScale } from '../../pipeline/calibration.js';
import { parseCalibration } from '../../pipeline/calibration.js';
import { glanceAt } from '../../pipeline/glance.js';
import type { PictureFile } from '../read-picture.js';

/** Where a station keeps its calibration: `calibration.path`, else in its state folder. */
export const calibrationPath = ({ calibration, state }: Pick<Config, 'calibration' | 'state'>): string =>
  calibration.path ?? join(state.path, 'calibration', 'calibration.json');

/** What is kept at `path`; `null` where nothing is. Errors: CALIBRATION_INVALID where it is damaged. */
export async function keptCalibration(path: string): Promise<Calibration | null> {
  try {
    return (await loadCalibration(path)).calibration;
  } catch (error) {
    const { cause } = error as CupcheckError;
    if (error instanceof CupcheckError && (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return null;
    throw error;
  }
}

/** Writes it so that a power cut leaves the old or the new one, whole. Errors: STORAGE_FAULT. */
async function write(path: string, calibration: Calibration): Promise<void> {
  const { scale, empty, ...needed } = calibration;
  const document = { ...needed, ...(scale === null ? {} : { scale }), ...(empty === null ? {} : { empty }) };
  const text = `${JSON.stringify(document, null, 2)}\n`;
  parseCalibration(text);
  await replaceFile(path, text, stationReads);
}

/**
 * Keeps a new scale. The picture of the empty cup stays, where it was taken at the same size.
 * @returns what is kept now, and whether a picture of another size had to go
 */
export async function keepScale(
  path: string,
  picture: { readonly width: number; readonly height: number },
  pxPerMm: number,
  scale: MeasuredScale,
  at: Date,
): Promise<{ readonly calibration: Calibration; readonly dropped: boolean }> {
  await makeStationFolder(dirname(path));
  const before = await keptCalibration(path);
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
  await write(path, calibration);
  if (before !== null) await forgetPicture(path, before, calibration);
  return { calibration, dropped: before !== null && before.reference !== null && !same };
}

/**
 * Keeps the picture of the empty cup: first the picture, under a name of its own, then the calibration that names it.
 * Errors: CALIBRATION_FAILED where there is no scale yet, or one of another size; STORAGE_FAULT.
 */
export async function keepEmptyCup(path: string, { picture, jpeg }: PictureFile, at: Date): Promise<Calibration> {
  await makeStationFolder(dirname(path));
  const before = await keptCalibration(path);
  if (before === null)
    throw new CupcheckError(
      'CALIBRATION_FAILED',
      `no scale is kept at ${path} yet: cupcheck calibrate scale comes first`,
    );
  const { width, height } = picture;
  if (before.camera.width !== width || before.camera.height !== height)
    throw new CupcheckError(
      'CALIBRATION_FAILED',
      `the picture has ${String(width)}×${String(height)} pixels, the scale was measured at ${String(before.camera.width)}×${String(before.camera.height)}: measure the scale again`,
    );
  const sha256 = createHash('sha256').update(jpeg).digest('hex');
  const { luma, highlight } = glanceAt(picture).exposure;
  const calibration: Calibration = {
    ...before,
    reference: `empty-${sha256.slice(0, 16)}.jpg`,
    empty: {
      sha256,
      at: at.toISOString(),
      luma: Math.round(luma * 100) / 100,
      highlight,
      relief: Math.round(reliefOf(backgroundOf(picture)) * 100_000) / 100_000,
    },
  };
  await replaceFile(join(dirname(path), calibration.reference ?? ''), jpeg, stationReads);
  await write(path, calibration);
  await forgetPicture(path, before, calibration);
  return calibration;
}

/** Removes the picture that is named no more, where it is one that this command wrote. */
async function forgetPicture(path: string, before: Calibration, now: Calibration): Promise<void> {
  const { reference } = before;
  if (reference === null || reference === now.reference || !/^empty-[0-9a-f]{16}\.jpg$/.test(reference)) return;
  await unlink(join(dirname(path), reference)).catch((cause: Error) => {
    throw new CupcheckError('STORAGE_FAULT', `the new calibration holds, but the old picture stays: ${cause.message}`, {
      cause,
    });
  });
}

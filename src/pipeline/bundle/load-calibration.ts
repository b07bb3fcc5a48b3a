import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import { type Calibration, parseCalibration } from '../calibration.js';
import { readBounded } from './read-bounded.js';

const MAX_BYTES = 64 * 2 ** 10;
const MAX_REFERENCE_BYTES = 64 * 2 ** 20;

export interface LoadedCalibration {
  readonly calibration: Calibration;
  /** SHA-256 of the calibration's file and of its reference. */
  readonly sha256: string;
  /** The reference picture as a JPEG, whole; `null` where the calibration names none. */
  readonly referenceJpeg: Uint8Array | null;
}

/**
 * Reads the calibration at `path` and the picture of the empty cup beside it. A file that is named by a digest must have it.
 * @throws CALIBRATION_INVALID
 */
export async function loadCalibration(path: string): Promise<LoadedCalibration> {
  const bytes = await readBounded(path, MAX_BYTES, 'CALIBRATION_INVALID', 'CALIBRATION_INVALID');
  const calibration = parseCalibration(bytes.toString('utf8'));
  const referenceJpeg =
    calibration.reference === null
      ? null
      : await readBounded(
          join(dirname(path), calibration.reference),
          MAX_REFERENCE_BYTES,
          'CALIBRATION_INVALID',
          'CALIBRATION_INVALID',
        );
  if (referenceJpeg !== null) requirePictureTaken(calibration, referenceJpeg);
  const sha256 = calibrationDigest(bytes, referenceJpeg);
  const named = /^([0-9a-f]{64})\.json$/.exec(basename(path))?.[1] ?? sha256;
  if (named !== sha256)
    throw new CupcheckError('CALIBRATION_INVALID', `${path} differs from its digest: it was changed or is damaged`);
  return { calibration, sha256, referenceJpeg };
}

/** SHA-256 of a calibration's file and of its picture. */
export function calibrationDigest(file: Uint8Array | string, referenceJpeg: Uint8Array | null): string {
  const digest = createHash('sha256').update(file);
  return (referenceJpeg === null ? digest : digest.update(referenceJpeg)).digest('hex');
}

function requirePictureTaken({ reference, empty }: Calibration, referenceJpeg: Uint8Array): void {
  const found = createHash('sha256').update(referenceJpeg).digest('hex');
  const wanted = empty?.sha256 ?? found;
  if (found !== wanted)
    throw new CupcheckError(
      'CALIBRATION_INVALID',
      `${reference ?? ''} is not the picture that was taken: its SHA-256 is ${found}, the calibration says ${wanted}`,
    );
}

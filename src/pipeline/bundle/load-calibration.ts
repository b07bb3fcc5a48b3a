import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
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
 * Reads `calibration.json` at `path` and the picture of the empty cup beside it.
 * @throws CALIBRATION_INVALID
 */
export async function loadCalibration(path: string): Promise<LoadedCalibration> {
  const bytes = await readBounded(path, MAX_BYTES, 'CALIBRATION_INVALID', 'CALIBRATION_INVALID');
  const calibration = parseCalibration(bytes.toString('utf8'));
  const digest = createHash('sha256').update(bytes);
  if (calibration.reference === null) return { calibration, sha256: digest.digest('hex'), referenceJpeg: null };
  const referenceJpeg = await readBounded(
    join(dirname(path), calibration.reference),
    MAX_REFERENCE_BYTES,
    'CALIBRATION_INVALID',
    'CALIBRATION_INVALID',
  );
  const found = createHash('sha256').update(referenceJpeg).digest('hex');
  const wanted = calibration.empty?.sha256 ?? found;
  if (found !== wanted)
    throw new CupcheckError(
      'CALIBRATION_INVALID',
      `${calibration.reference} is not the picture that was taken: its SHA-256 is ${found}, the calibration says ${wanted}`,
    );
  return { calibration, sha256: digest.update(referenceJpeg).digest('hex'), referenceJpeg };
}

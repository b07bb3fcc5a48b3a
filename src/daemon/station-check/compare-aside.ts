import { Worker } from 'node:worker_threads';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import type { Exposure } from '../../pipeline/exposure.js';
import type { Zone } from '../../pipeline/unexplained.js';
import type { EmptyCupComparison } from './empty-cup.js';

/** Two JPEGs; `zone` is where a code may stand or not. */
export interface PicturesToCompare {
  readonly reference: Uint8Array;
  readonly picture: Uint8Array;
  readonly zone: Zone | null;
}

export interface ComparedPictures {
  /** "1280×960", of each. */
  readonly sizes: readonly [reference: string, picture: string];
  readonly exposures: readonly [reference: Exposure, picture: Exposure];
  /** `null` where the sizes differ. */
  readonly comparison: EmptyCupComparison | null;
}

/**
 * Compares them on another thread. Errors: PICTURE_CORRUPT where one cannot be decoded; the signal's reason.
 * @param entry the compiled worker
 */
export function compareAside(
  pictures: PicturesToCompare,
  signal: AbortSignal,
  entry = new URL('./compare-worker.js', import.meta.url),
): Promise<ComparedPictures> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const worker = new Worker(entry, { workerData: pictures });
    const abort = (): void => {
      void worker.terminate();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    worker.once('message', (compared: ComparedPictures) => resolve(compared));
    worker.once('error', (error) => {
      const { message } = asCupcheckError(error);
      reject(new CupcheckError('PICTURE_CORRUPT', `the pictures cannot be compared: ${message}`, { cause: error }));
    });
    worker.once('exit', () => {
      signal.removeEventListener('abort', abort);
      reject(new CupcheckError('INTERNAL', 'the comparison ended without an answer'));
    });
  });
}

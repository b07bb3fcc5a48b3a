import { CupcheckError } from '../../errors.js';
import { readBounded } from '../../pipeline/bundle/read-bounded.js';

const isMissing = (error: unknown) =>
  error instanceof CupcheckError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';

/** A file of a gallery; `null` where there is none. Errors: GALLERY_INVALID. */
export async function readIfThere(path: string, maxBytes: number): Promise<Buffer | null> {
  try {
    return await readBounded(path, maxBytes, 'GALLERY_INVALID', 'GALLERY_INVALID');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

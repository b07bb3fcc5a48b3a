import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CupcheckError } from '../errors.js';

/**
 * Replaces a file so that a power cut leaves the old or the new one, whole:
 * temporary file, fsync, rename, fsync of the folder. Errors: STORAGE_FAULT.
 */
export async function replaceFile(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${path}.new`;
  try {
    const file = await open(temporary, 'w', 0o640);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    const folder = await open(dirname(path), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (cause) {
    throw new CupcheckError('STORAGE_FAULT', `cannot write ${path}`, { cause });
  }
}

import { chmod, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CupcheckError } from '../errors.js';

/** Of a file that root writes and the station, another user, must read. The state's folder keeps everybody else out. */
export const stationReads = 0o644;

/** Makes a folder, and those above it, that the station can read whoever makes it, with whatever umask. Errors: STORAGE_FAULT. */
export async function makeStationFolder(path: string): Promise<void> {
  try {
    const made = await mkdir(path, { recursive: true });
    if (made === undefined) return;
    for (let each = path; each.length >= made.length; each = dirname(each)) await chmod(each, 0o755);
  } catch (cause) {
    throw new CupcheckError('STORAGE_FAULT', `cannot make ${path}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Replaces a file so that a power cut leaves the old or the new one, whole:
 * temporary file, fsync, rename, fsync of the folder. Errors: STORAGE_FAULT.
 * @param mode of the file, whatever the umask takes away; without one the group may read it, where the umask lets it
 */
export async function replaceFile(path: string, data: string | Uint8Array, mode?: number): Promise<void> {
  const temporary = `${path}.new`;
  try {
    // One that was interrupted may have left it, as another user.
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', mode ?? 0o640);
    try {
      if (mode !== undefined) await file.chmod(mode);
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

import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder, writeNewFile } from './durable-folder.js';
import { storeError } from './unpack.js';

/** Writes an archive beside its place, then moves it there: a name `*.tar` never stands for half of one. Errors: BUNDLE_STORE, the pieces' own. */
export async function writeArchive(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}-${randomUUID()}`);
  try {
    await writeNewFile(temporary, pieces);
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (cause) {
    await rm(temporary, { force: true });
    // An error of the file system has the name of its call; what the pieces threw passes.
    throw (cause as NodeJS.ErrnoException).syscall === undefined ? cause : storeError(`cannot write ${path}`, cause);
  }
}

import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CupcheckError } from '../errors.js';

/** What the system says, without the call and the path that it was made with. */
export const systemReason = (cause: unknown): string => (cause as Error).message.replace(/, \w+( '.*)?$/, '');

/**
 * Refuses a place where a file could not be written, before the work that fills it.
 * @param what the file, in the words of whoever named it
 * Errors: USAGE, which says which folder is missing or closed, and what to do.
 */
export async function requireFilePlace(path: string, what: string): Promise<void> {
  const refuse = (why: string, cause?: unknown) =>
    new CupcheckError('USAGE', `${what} ${path} cannot be written: ${why}`, { cause });
  const found = await stat(path).catch(() => null);
  if (found !== null && !found.isFile()) throw refuse('it is not a plain file. Name a file in it');
  const folder = dirname(resolve(path));
  const place = await stat(folder).catch((cause: NodeJS.ErrnoException) => {
    const isMissing = cause.code === 'ENOENT';
    throw isMissing
      ? refuse(`there is no folder ${folder}. Make it (mkdir -p), or name another place`, cause)
      : refuse(`the folder ${folder}: ${systemReason(cause)}. Name another place`, cause);
  });
  if (!place.isDirectory()) throw refuse(`${folder} is no folder. Name another place`);
  await access(folder, constants.W_OK).catch((cause: Error) => {
    throw refuse(`you may not write in the folder ${folder}. Name another place, or use sudo`, cause);
  });
}

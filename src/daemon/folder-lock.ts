import { constants } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { CupcheckError, type ErrorCode } from '../errors.js';
import { tryLock } from '../native/flock.js';
import { makeStationFolder } from './durable-file.js';

/** Number of the process that holds the lock of a folder, as the kernel lists it; `null` where it lists none. */
export async function lockHolder(path: string): Promise<number | null> {
  const { dev, ino } = await stat(path, { bigint: true });
  const hex = (part: bigint) => part.toString(16).padStart(2, '0');
  const [major, minor] = [(dev >> 8n) & 0xfffn, (dev & 0xffn) | ((dev >> 12n) & 0xfff00n)];
  const locks = await readFile('/proc/locks', 'utf8').catch(() => '');
  const line = new RegExp(`FLOCK +ADVISORY +WRITE +(\\d+) +${hex(major)}:${hex(minor)}:${ino} `);
  const pid = line.exec(locks)?.[1];
  return pid === undefined ? null : Number(pid);
}

/**
 * Runs `change` while no other command changes the folder: two that read, add and write would lose one's addition.
 * The lock is the kernel's, on the folder itself: nothing of it is on the disk, and it ends with the process that holds it, however that ends.
 * @param busy the error where another one holds it
 * @throws `busy`, STORAGE_FAULT, NATIVE_UNAVAILABLE, and what `change` throws
 */
export async function whileLocked<T>(
  { path }: { readonly path: string },
  busy: ErrorCode,
  change: () => Promise<T>,
): Promise<T> {
  await makeStationFolder(path);
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY).catch((cause: unknown) => {
    throw new CupcheckError('STORAGE_FAULT', `cannot open ${path}: ${(cause as Error).message}`, { cause });
  });
  try {
    if (!tryLock(folder.fd)) {
      const pid = await lockHolder(path);
      throw new CupcheckError(busy, `${pid === null ? 'another process' : `process ${pid}`} changes ${path}`);
    }
    return await change();
  } finally {
    await folder.close();
  }
}

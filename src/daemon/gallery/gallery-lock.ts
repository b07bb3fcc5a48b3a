import { mkdir, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import type { GalleryFolder } from './gallery-folder.js';

const codeOf = (thrown: unknown) => (thrown as NodeJS.ErrnoException).code;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o640);
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false;
    throw new CupcheckError('STORAGE_FAULT', `cannot write ${path}`, { cause });
  }
}

/**
 * Runs `change` while no other command changes the folder: two that read, add and write would lose one's addition.
 * The lock of a process that died is taken over.
 * @throws GALLERY_BUSY, STORAGE_FAULT, and what `change` throws
 */
export async function whileLocked<T>(folder: GalleryFolder, change: () => Promise<T>): Promise<T> {
  const path = join(folder.path, 'lock');
  await mkdir(folder.path, { recursive: true }).catch((cause: Error) => {
    throw new CupcheckError('STORAGE_FAULT', `cannot make ${folder.path}: ${cause.message}`, { cause });
  });
  if (!(await take(path))) {
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (!Number.isInteger(holder) || holder <= 0 || isAlive(holder))
      throw new CupcheckError('GALLERY_BUSY', `process ${String(holder)} changes ${folder.path} (${path})`);
    await unlink(path);
    if (!(await take(path))) throw new CupcheckError('GALLERY_BUSY', `another process changes ${folder.path}`);
  }
  try {
    return await change();
  } finally {
    await unlink(path);
  }
}

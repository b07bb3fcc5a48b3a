import { mkdir, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CupcheckError, type ErrorCode } from '../errors.js';

const codeOf = (thrown: unknown) => (thrown as NodeJS.ErrnoException).code;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

/** Another at each start of the machine: a process's number means nothing after it. */
const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o640);
    await file.writeFile(`${process.pid} ${await bootId()}`);
    await file.close();
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false;
    throw new CupcheckError('STORAGE_FAULT', `cannot write ${path}`, { cause });
  }
}

/** The process that holds a lock; one that nobody can tell counts as alive. */
async function holderOf(path: string): Promise<{ readonly pid: string; readonly isDead: boolean }> {
  const [pid = '', boot] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
  const isDead = /^[1-9]\d*$/.test(pid) && ((boot !== undefined && boot !== (await bootId())) || !isAlive(Number(pid)));
  return { pid, isDead };
}

/**
 * Runs `change` while no other command changes the folder: two that read, add and write would lose one's addition.
 * The lock of a process that died, or lived before the last start of the machine, is taken over.
 * @param busy the error where another one holds it
 * @throws `busy`, STORAGE_FAULT, and what `change` throws
 */
export async function whileLocked<T>(
  folder: { readonly path: string },
  busy: ErrorCode,
  change: () => Promise<T>,
): Promise<T> {
  const path = join(folder.path, 'lock');
  await mkdir(folder.path, { recursive: true }).catch((cause: Error) => {
    throw new CupcheckError('STORAGE_FAULT', `cannot make ${folder.path}: ${cause.message}`, { cause });
  });
  if (!(await take(path))) {
    const { pid, isDead } = await holderOf(path);
    if (!isDead) throw new CupcheckError(busy, `process ${pid || 'unknown'} changes ${folder.path} (${path})`);
    await unlink(path);
    if (!(await take(path))) throw new CupcheckError(busy, `another process changes ${folder.path}`);
  }
  try {
    return await change();
  } finally {
    await unlink(path);
  }
}

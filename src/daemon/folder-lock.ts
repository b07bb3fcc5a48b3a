import { link, open, readdir, readFile, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CupcheckError, type ErrorCode } from '../errors.js';
import { makeStationFolder } from './durable-file.js';

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

/** The lock is born with its content: whoever finds it empty knows that its holder is dead. */
async function take(path: string): Promise<boolean> {
  const own = `${path}.${process.pid}`;
  try {
    await rm(own, { force: true });
    const file = await open(own, 'wx', 0o644);
    try {
      await file.writeFile(`${process.pid} ${await bootId()}`);
    } finally {
      await file.close();
    }
    await link(own, path);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false;
    throw new CupcheckError('STORAGE_FAULT', `cannot write ${path}`, { cause });
  } finally {
    await rm(own, { force: true });
  }
}

/** What a process that died had written, and not yet made the lock of. */
async function clearAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid] = /^lock\.([1-9]\d*)$/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

/** The process that holds a lock; where nobody may read it, it counts as alive. */
async function holderOf(path: string): Promise<{ readonly pid: string; readonly isDead: boolean }> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return { pid: '', isDead: false };
  const [pid = '', boot] = text.split(' ');
  // A power cut leaves a file without its bytes.
  const isEmpty = !/^[1-9]\d*$/.test(pid);
  return { pid, isDead: isEmpty || (boot !== undefined && boot !== (await bootId())) || !isAlive(Number(pid)) };
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
  await makeStationFolder(folder.path);
  if (!(await take(path))) {
    const { pid, isDead } = await holderOf(path);
    if (!isDead) throw new CupcheckError(busy, `process ${pid || 'unknown'} changes ${folder.path} (${path})`);
    await unlink(path);
    if (!(await take(path))) throw new CupcheckError(busy, `another process changes ${folder.path}`);
  }
  try {
    await clearAbandoned(folder.path);
    return await change();
  } finally {
    await unlink(path);
  }
}

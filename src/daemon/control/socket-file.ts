import { execFile } from 'node:child_process';
import { chmod, chown, lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { CupcheckError } from '../../errors.js';

const run = promisify(execFile);

/**
 * Makes way for a socket at `path`: removes one whose owner is dead.
 * Errors: ALREADY_RUNNING (something answers there), SOCKET_FAULT (something else lies there, or it cannot be removed).
 */
export async function clearStaleSocket(path: string): Promise<void> {
  let stat: Awaited<ReturnType<typeof lstat>>;
  try {
    stat = await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw socketFault(path, error);
  }
  if (!stat.isSocket()) throw new CupcheckError('SOCKET_FAULT', `${path} exists and is not a socket`);
  if (await answers(path)) throw new CupcheckError('ALREADY_RUNNING', `a station answers at ${path}`);
  try {
    await unlink(path);
  } catch (error) {
    throw socketFault(path, error);
  }
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    return await new Promise<boolean>((resolve, reject) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
        // EAGAIN: its queue is full, so it has an owner. Anything else (EACCES) leaves the question open.
        else if (error.code === 'EAGAIN') resolve(true);
        else reject(socketFault(path, error));
      });
    });
  } finally {
    socket.destroy();
  }
}

export function socketFault(path: string, cause: unknown): CupcheckError {
  return new CupcheckError('SOCKET_FAULT', `${path}: ${(cause as Error).message}`, { cause });
}

/**
 * Opens the socket to `group`; it stays its owner's alone where that cannot be done.
 * @returns why it cannot, or `null`
 */
export async function giveToGroup(path: string, group: string): Promise<string | null> {
  const gid = await groupId(group);
  if (gid === null) return `there is no group ${group}: only the station's own user may use ${path}`;
  try {
    // Under systemd it has the group already, and the sandbox refuses chown whatever it asks for.
    if ((await lstat(path)).gid !== gid) await chown(path, -1, gid);
    await chmod(path, 0o660);
    return null;
  } catch (error) {
    return `${path} cannot be given to group ${group}: ${(error as Error).message}; only the station's own user may use it`;
  }
}

async function groupId(group: string): Promise<number | null> {
  try {
    const { stdout } = await run('getent', ['group', '--', group], { timeout: 5000 });
    const gid = Number(stdout.split(':')[2]);
    return Number.isSafeInteger(gid) ? gid : null;
  } catch {
    // Exit 2 is getent's "no such group"; a system without getent knows no groups by name either.
    return null;
  }
}

import { constants } from 'node:fs';
import { access, chmod, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes what was made, renamed or removed in a folder last over a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const othersRead = 0o055;

/**
 * Makes the folder of a store, which the station, another user, reads whatever the umask of who makes it; and makes sure that it can be
 * changed. One that was made half-way, by a command that was interrupted, is mended.
 */
export async function makeStoreFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o755 });
  const { mode, uid } = await stat(path);
  const own = process.geteuid?.() ?? 0;
  if ((mode & othersRead) !== othersRead && (own === 0 || own === uid)) await chmod(path, 0o755);
  await syncFolder(dirname(made ?? path));
  await access(path, constants.W_OK);
}

/** Writes a file that is not there yet, readable by everybody, and waits until the disk has it. Never follows a link. */
export async function writeNewFile(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    for await (const piece of pieces) {
      let written = 0;
      while (written < piece.length) written += (await file.write(piece, written)).bytesWritten;
    }
    // Whatever the umask of who installs: the station is another user.
    await file.chmod(0o644);
    await file.sync();
  } finally {
    await file.close();
  }
}

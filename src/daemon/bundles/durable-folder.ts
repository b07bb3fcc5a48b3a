import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Makes what was made, renamed or removed in a folder last over a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
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

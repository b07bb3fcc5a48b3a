import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { CupcheckError, type ErrorCode } from '../../errors.js';

/**
 * A regular file of at most `maxBytes`, whole. A link at `path` is refused: a bundle's files lie in its own folder.
 * @param missing the error where there is no such file @param invalid the error where it is not a plain file or too large
 */
export async function readBounded(
  path: string,
  maxBytes: number,
  missing: ErrorCode,
  invalid: ErrorCode,
): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'ELOOP' ? invalid : missing;
      throw new CupcheckError(code, `${path}: ${cause.code === 'ELOOP' ? 'is a link' : cause.message}`, { cause });
    },
  );
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new CupcheckError(invalid, `${path} is not a plain file`);
    if (stat.size > maxBytes)
      throw new CupcheckError(invalid, `${path} has ${String(stat.size)} bytes, allowed are ${String(maxBytes)}`);
    const bytes = Buffer.alloc(stat.size);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) throw new CupcheckError(invalid, `${path} became shorter while it was read`);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

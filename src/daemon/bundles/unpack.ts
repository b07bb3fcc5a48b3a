import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import type { BundleLimits } from '../../pipeline/bundle/limits.js';
import type { Trust } from '../../pipeline/bundle/signature.js';
import { syncFolder, writeNewFile } from './durable-folder.js';
import { readArchive } from './read-archive.js';
import { type VerifiedFolder, verifyFolder } from './verify-folder.js';

/** What the file system refused, with the place. Errors of our own pass. */
export function storeError(what: string, cause: unknown): CupcheckError {
  if (cause instanceof CupcheckError) return cause;
  return new CupcheckError('BUNDLE_STORE', `${what}: ${(cause as Error).message}`, { cause });
}

/**
 * Unpacks the archive of a bundle into `into`, a folder that must not be there yet; then all of it is on the disk, has been read back,
 * and is what was signed. Where anything is wrong the folder is gone again, and nothing else was touched.
 * @param into on the file system of the store, so that it can be moved there by one rename
 * @throws BUNDLE_ARCHIVE, BUNDLE_UNSIGNED, BUNDLE_UNTRUSTED, BUNDLE_SIGNATURE, BUNDLE_INVALID, BUNDLE_DIGEST, BUNDLE_STORE, and what the stream throws
 */
export async function unpackBundle(
  stream: AsyncIterable<Uint8Array>,
  into: string,
  limits: BundleLimits,
  trusted: Trust,
): Promise<VerifiedFolder> {
  try {
    await mkdir(into);
  } catch (cause) {
    throw storeError(`cannot make ${into}`, cause);
  }
  try {
    await readArchive(stream, limits, trusted, async (name, pieces) => {
      const path = join(into, name);
      await writeNewFile(path, streamErrorsAside(pieces)).catch((cause: unknown) => {
        throw cause instanceof StreamError ? cause.cause : storeError(`cannot write ${path}`, cause);
      });
    });
    await seal(into);
    return await verifyFolder(into, trusted, undefined, limits);
  } catch (thrown) {
    await rm(into, { recursive: true, force: true });
    throw thrown;
  }
}

/** Tells what the stream threw from what the disk did. */
class StreamError extends Error {}

async function* streamErrorsAside(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const piece of pieces) yield piece;
  } catch (cause) {
    throw new StreamError('', { cause });
  }
}

async function seal(folder: string): Promise<void> {
  try {
    await chmod(folder, 0o755);
    await syncFolder(folder);
  } catch (cause) {
    throw storeError(`cannot write ${folder}`, cause);
  }
}

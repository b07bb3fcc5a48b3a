import { createReadStream, type Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readArchive, readArchiveManifest } from '../../daemon/bundles/read-archive.js';
import { verifyFolder } from '../../daemon/bundles/verify-folder.js';
import { CupcheckError } from '../../errors.js';
import { bundleLimits } from '../../pipeline/bundle/limits.js';
import { readSignedManifest, type SignedManifest } from '../../pipeline/bundle/read-manifest.js';
import type { Trust } from '../../pipeline/bundle/signature.js';
import type { Terminal } from '../terminal.js';
import { ByteProgress } from '../progress/byte-progress.js';

const pieceBytes = 256 * 1024;

/** A bundle that was read to its last byte. */
export interface ReadBundle extends SignedManifest {
  /** What lies in its folder and is no part of it. */
  readonly others: readonly string[];
}

async function found(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (cause) {
    throw new CupcheckError('BUNDLE_MISSING', `no bundle at ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Bytes in the files of a folder. */
async function folderBytes(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Runs `read` on the bytes of an archive, and shows how far it is. Errors: BUNDLE_MISSING, USAGE for what is no file.
 * @param signal ends the stream with an error
 */
export async function withArchive<T>(
  path: string,
  terminal: Terminal,
  signal: AbortSignal | undefined,
  read: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const stats = await found(path);
  if (!stats.isFile()) throw new CupcheckError('USAGE', `${path} is no file: cupcheck bundle pack makes an archive`);
  const progress = new ByteProgress(terminal, stats.size);
  const stream = createReadStream(path, { highWaterMark: pieceBytes, ...(signal === undefined ? {} : { signal }) });
  const counted = async function* (): AsyncGenerator<Uint8Array, void> {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      progress.add(piece.length);
      yield piece;
    }
  };
  try {
    return await read(counted());
  } finally {
    stream.destroy();
    progress.end();
  }
}

async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

/** Reads a bundle, a folder or an archive, to its last byte, and keeps nothing. Errors: BUNDLE_*. */
export async function readBundle(
  path: string,
  trust: Trust,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ReadBundle> {
  if ((await found(path)).isDirectory()) return await readFolder(path, trust, terminal, signal);
  return await withArchive(path, terminal, signal, async (bytes) => {
    const signed = await readArchive(bytes, bundleLimits, trust, (_, pieces) => readAll(pieces));
    return { ...signed, others: [] };
  });
}

/** Reads the bundle in a folder to its last byte. Errors: BUNDLE_*. */
export async function readFolder(
  folder: string,
  trust: Trust,
  terminal: Terminal,
  signal?: AbortSignal,
): Promise<ReadBundle> {
  const progress = new ByteProgress(terminal, (await found(folder)).isDirectory() ? await folderBytes(folder) : 0);
  try {
    return await verifyFolder(folder, trust, (bytes) => {
      signal?.throwIfAborted();
      progress.add(bytes);
    });
  } finally {
    progress.end();
  }
}

/** What a bundle says of itself; its files are not read. Errors: BUNDLE_*. */
export async function readManifest(path: string, trust: Trust, terminal: Terminal): Promise<SignedManifest> {
  if ((await found(path)).isDirectory()) return await readSignedManifest(path, trust);
  return await withArchive(path, terminal, undefined, (bytes) => readArchiveManifest(bytes, bundleLimits, trust));
}

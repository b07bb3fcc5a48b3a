import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import { type BundleLimits, bundleLimits } from '../../pipeline/bundle/limits.js';
import {
  type ListedFile,
  listedFiles,
  readSignedManifest,
  type SignedManifest,
} from '../../pipeline/bundle/read-manifest.js';
import { signatureFile, type Trust } from '../../pipeline/bundle/signature.js';

const pieceBytes = 256 * 1024;

/** A bundle in a folder whose every listed file is what its manifest says. */
export interface VerifiedFolder extends SignedManifest {
  /** What lies there and is not part of the bundle. */
  readonly others: readonly string[];
}

async function openPlain(path: string): Promise<FileHandle> {
  try {
    // A link or a pipe is refused: a bundle's files lie in its own folder.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    throw new CupcheckError('BUNDLE_INVALID', `${path}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The bytes of a listed file, piece by piece; a piece holds until the next one is asked for.
 * Errors, before the last piece: BUNDLE_INVALID, BUNDLE_DIGEST.
 */
export async function* filePieces(folder: string, file: ListedFile): AsyncGenerator<Uint8Array, void> {
  const handle = await openPlain(join(folder, file.name));
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new CupcheckError('BUNDLE_INVALID', `${file.name} is not a plain file`);
    const digest = createHash('sha256');
    const buffer = Buffer.alloc(Math.min(pieceBytes, file.bytes));
    for (let at = 0; at < file.bytes; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, file.bytes - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
      const piece = buffer.subarray(0, bytesRead);
      digest.update(piece);
      if (at < file.bytes) yield piece;
      else {
        checkDigest(file, stat.size, digest.digest('hex'));
        yield piece;
        return;
      }
    }
    checkDigest(file, stat.size, digest.digest('hex'));
  } finally {
    await handle.close();
  }
}

function checkDigest({ name, bytes, sha256 }: ListedFile, size: number, found: string): void {
  if (size !== bytes || found !== sha256)
    throw new CupcheckError(
      'BUNDLE_DIGEST',
      `${name} has ${size} bytes and digest ${found}, the manifest says ${bytes} and ${sha256}`,
    );
}

/**
 * Reads the whole bundle in `folder`, without holding more of it than its manifest.
 * @param onBytes how many bytes were read since the last call
 * @throws BUNDLE_MISSING, BUNDLE_INVALID, BUNDLE_DIGEST, BUNDLE_UNSIGNED, BUNDLE_UNTRUSTED, BUNDLE_SIGNATURE
 */
export async function verifyFolder(
  folder: string,
  trust: Trust,
  onBytes: (bytes: number) => void = () => undefined,
  limits: BundleLimits = bundleLimits,
): Promise<VerifiedFolder> {
  const signed = await readSignedManifest(folder, trust);
  const files = listedFiles(signed.manifest, limits);
  for (const file of files) for await (const piece of filePieces(folder, file)) onBytes(piece.length);
  const own = new Set(['manifest.json', signatureFile, ...files.map(({ name }) => name)]);
  const others = (await readdir(folder)).filter((name) => !own.has(name)).sort();
  return { ...signed, others };
}

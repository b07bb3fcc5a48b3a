import { createHash } from 'node:crypto';
import { CupcheckError } from '../../errors.js';
import type { BundleLimits } from '../../pipeline/bundle/limits.js';
import {
  type ListedFile,
  listedFiles,
  openManifest,
  type SignedManifest,
} from '../../pipeline/bundle/read-manifest.js';
import { signatureFile, type Trust } from '../../pipeline/bundle/signature.js';
import { ByteReader } from './byte-reader.js';
import { blockBytes, fillBytes, readHeader, type TarEntry } from './ustar.js';

/** Takes one file of a bundle; it must read all the pieces. */
export type TakeFile = (name: string, pieces: AsyncIterable<Uint8Array>) => Promise<void>;

const invalid = (what: string) => new CupcheckError('BUNDLE_ARCHIVE', what);

/**
 * Reads the archive of a bundle: the manifest, its signature, then the files in the order of their names. The manifest is proved
 * before anything is taken, and says the size and digest of each file before that is read. What is held in memory is the manifest and
 * one piece of the stream.
 * @param take gets each file, the manifest too, whose bytes may still turn out wrong: only when this returns they are what was signed
 * @throws BUNDLE_ARCHIVE, BUNDLE_UNSIGNED, BUNDLE_UNTRUSTED, BUNDLE_SIGNATURE, BUNDLE_INVALID, BUNDLE_DIGEST, and what `take` throws
 */
export async function readArchive(
  source: AsyncIterable<Uint8Array>,
  limits: BundleLimits,
  trust: Trust,
  take: TakeFile,
): Promise<SignedManifest> {
  const reader = new ByteReader(source);
  try {
    return await read(reader, limits, trust, take);
  } finally {
    await reader.close();
  }
}

/**
 * The manifest of an archive, proved; the rest is not read.
 * @throws BUNDLE_ARCHIVE, BUNDLE_UNSIGNED, BUNDLE_UNTRUSTED, BUNDLE_SIGNATURE, BUNDLE_INVALID
 */
export async function readArchiveManifest(
  source: AsyncIterable<Uint8Array>,
  limits: BundleLimits,
  trust: Trust,
): Promise<SignedManifest> {
  const reader = new ByteReader(source);
  try {
    return (await readStart(reader, limits, trust)).signed;
  } finally {
    await reader.close();
  }
}

/** Manifest and signature; `ahead` is the entry that was met in the place of a signature. */
async function readStart(
  reader: ByteReader,
  limits: BundleLimits,
  trust: Trust,
): Promise<{ readonly signed: SignedManifest; readonly ahead: TarEntry | null }> {
  const first = await nextEntry(reader);
  if (first.name !== 'manifest.json') throw invalid(`the archive begins with "${first.name}", wanted manifest.json`);
  const manifestBytes = await whole(reader, first, limits.manifestBytes);
  const second = await nextEntry(reader);
  const hasSignature = second.name === signatureFile;
  const signatureBytes = hasSignature ? await whole(reader, second, limits.signatureBytes) : null;
  return { signed: openManifest(manifestBytes, signatureBytes, trust), ahead: hasSignature ? null : second };
}

async function read(reader: ByteReader, limits: BundleLimits, trust: Trust, take: TakeFile): Promise<SignedManifest> {
  const start = await readStart(reader, limits, trust);
  const { signed } = start;
  let { ahead } = start;
  const files = listedFiles(signed.manifest, limits);
  await take('manifest.json', once(signed.bytes));
  if (signed.signatureBytes !== null) await take(signatureFile, once(signed.signatureBytes));
  for (const file of files) {
    const entry: TarEntry = ahead ?? (await nextEntry(reader));
    ahead = null;
    if (entry.name !== file.name) throw invalid(`the archive holds "${entry.name}", the next file is "${file.name}"`);
    await takeListed(reader, entry, file, take);
  }
  await reader.zeros(2 * blockBytes);
  await reader.end();
  return signed;
}

const nextEntry = async (reader: ByteReader): Promise<TarEntry> => readHeader(await reader.exactly(blockBytes));

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield await Promise.resolve(bytes);
}

async function whole(reader: ByteReader, { name, bytes }: TarEntry, most: number): Promise<Buffer> {
  if (bytes > most) throw invalid(`${name} has ${bytes} bytes, allowed are ${most}`);
  const content = await reader.exactly(bytes);
  await reader.zeros(fillBytes(bytes));
  return content;
}

async function takeListed(reader: ByteReader, { bytes }: TarEntry, file: ListedFile, take: TakeFile): Promise<void> {
  if (bytes !== file.bytes) throw invalid(`${file.name} has ${bytes} bytes, the manifest says ${file.bytes}`);
  const digest = createHash('sha256');
  let seen = 0;
  const pieces = async function* (): AsyncGenerator<Uint8Array, void> {
    for await (const piece of reader.pieces(bytes)) {
      digest.update(piece);
      seen += piece.length;
      yield piece;
    }
  };
  await take(file.name, pieces());
  if (seen !== bytes) throw new Error(`of ${file.name} only ${seen} of ${bytes} bytes were taken`);
  const found = digest.digest('hex');
  if (found !== file.sha256)
    throw new CupcheckError('BUNDLE_DIGEST', `${file.name} has the digest ${found}, the manifest says ${file.sha256}`);
  await reader.zeros(fillBytes(bytes));
}

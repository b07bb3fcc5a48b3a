import { listedFiles, type SignedManifest } from '../../pipeline/bundle/read-manifest.js';
import { signatureFile } from '../../pipeline/bundle/signature.js';
import { blockBytes, fillBytes, headerOf } from './ustar.js';
import { filePieces } from './verify-folder.js';

/** Name of a bundle's archive. */
export const archiveName = ({ manifest: { name, version } }: SignedManifest): string => `${name}-${version}.tar`;

/** Size of the archive, bytes. */
export function archiveBytes({ manifest, bytes, signatureBytes }: SignedManifest): number {
  const sizes = [bytes.length, ...(signatureBytes === null ? [] : [signatureBytes.length])];
  const all = [...sizes, ...listedFiles(manifest).map((file) => file.bytes)];
  return all.reduce((sum, size) => sum + blockBytes + size + fillBytes(size), 2 * blockBytes);
}

function* wholeFile(name: string, bytes: Uint8Array): Generator<Uint8Array> {
  yield headerOf({ name, bytes: bytes.length });
  yield bytes;
  yield Buffer.alloc(fillBytes(bytes.length));
}

/**
 * The archive of the bundle in `folder`, piece by piece; a piece holds until the next one is asked for. The same files always
 * give the same bytes.
 * @throws BUNDLE_INVALID, BUNDLE_DIGEST where a file is not what the manifest says: what was given before is no archive then
 */
export async function* packBundle(folder: string, signed: SignedManifest): AsyncGenerator<Uint8Array, void> {
  yield* wholeFile('manifest.json', signed.bytes);
  if (signed.signatureBytes !== null) yield* wholeFile(signatureFile, signed.signatureBytes);
  for (const file of listedFiles(signed.manifest)) {
    yield headerOf(file);
    yield* filePieces(folder, file);
    yield Buffer.alloc(fillBytes(file.bytes));
  }
  yield Buffer.alloc(2 * blockBytes);
}

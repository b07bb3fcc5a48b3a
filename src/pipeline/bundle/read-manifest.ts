import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import { type BundleLimits, bundleLimits } from './limits.js';
import { type Manifest, parseManifest } from './manifest.js';
import { readBounded } from './read-bounded.js';
import { proveSigned, type Signature, signatureFile, type Trust } from './signature.js';

/** What a bundle says of itself, and who answers for it. The files that it lists are not looked at yet. */
export interface SignedManifest {
  readonly manifest: Manifest;
  /** The manifest as it is signed. */
  readonly bytes: Uint8Array;
  /** SHA-256 of these bytes. */
  readonly sha256: string;
  readonly signature: Signature;
  /** The signature's file; `null` = there is none. */
  readonly signatureBytes: Uint8Array | null;
}

export interface ListedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The files of a bundle in the order of their names. @throws BUNDLE_INVALID where they are larger than a bundle may be */
export function listedFiles({ files }: Manifest, limits: BundleLimits = bundleLimits): readonly ListedFile[] {
  const listed = Object.entries(files)
    .map(([name, { bytes, sha256 }]) => ({ name, bytes, sha256 }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const large = listed.find(({ bytes }) => bytes > limits.fileBytes);
  const [what, bytes, most] =
    large === undefined
      ? ['files', listed.reduce((sum, file) => sum + file.bytes, 0), limits.bundleBytes]
      : [large.name, large.bytes, limits.fileBytes];
  if (bytes > most)
    throw new CupcheckError(
      'BUNDLE_INVALID',
      `manifest.json lists ${what} with ${String(bytes)} bytes, allowed are ${String(most)}`,
    );
  return listed;
}

/** Bytes of the files that the manifest lists, and of the manifest. Errors: BUNDLE_INVALID. */
export const bundleBytes = ({ manifest, bytes }: Pick<SignedManifest, 'manifest' | 'bytes'>): number =>
  listedFiles(manifest).reduce((sum, file) => sum + file.bytes, bytes.length);

/**
 * The signature first, then the manifest.
 * @throws BUNDLE_UNSIGNED, BUNDLE_UNTRUSTED, BUNDLE_SIGNATURE, BUNDLE_INVALID
 */
export function openManifest(bytes: Uint8Array, signatureBytes: Uint8Array | null, trust: Trust): SignedManifest {
  const signature = proveSigned(bytes, signatureBytes, trust);
  const manifest = parseManifest(bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { manifest, bytes, sha256, signature, signatureBytes };
}

async function readSignature(path: string): Promise<Uint8Array | null> {
  try {
    return await readBounded(path, bundleLimits.signatureBytes, 'BUNDLE_MISSING', 'BUNDLE_SIGNATURE');
  } catch (error) {
    const { cause } = error as { cause?: NodeJS.ErrnoException };
    if (cause?.code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * The manifest of the bundle in `folder`.
 * @throws BUNDLE_MISSING, BUNDLE_UNSIGNED, BUNDLE_UNTRUSTED, BUNDLE_SIGNATURE, BUNDLE_INVALID
 */
export async function readSignedManifest(folder: string, trust: Trust): Promise<SignedManifest> {
  const found = await stat(folder).catch((cause: Error) => {
    throw new CupcheckError('BUNDLE_MISSING', `no bundle at ${folder}: ${cause.message}`, { cause });
  });
  if (!found.isDirectory()) throw new CupcheckError('BUNDLE_MISSING', `${folder} is not a folder`);
  const path = join(folder, 'manifest.json');
  const bytes = await readBounded(path, bundleLimits.manifestBytes, 'BUNDLE_MISSING', 'BUNDLE_INVALID');
  return openManifest(bytes, await readSignature(join(folder, signatureFile)), trust);
}

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import { type Gallery, readGallery } from '../gallery.js';
import type { HeadName } from '../ports.js';
import { type GalleryRows, type Manifest } from './manifest.js';
import { itemsFile, type Precision } from './precision.js';
import { readBounded } from './read-bounded.js';
import { listedFiles, readSignedManifest } from './read-manifest.js';
import type { Signature, Trust } from './signature.js';

/** A bundle whose every file is what its manifest says. The networks are bytes still: `loadEngine` runs them. */
export interface Bundle {
  readonly folder: string;
  readonly manifest: Manifest;
  /** SHA-256 of manifest.json, which holds the digest of every other file. */
  readonly sha256: string;
  readonly signature: Signature;
  readonly gallery: Gallery;
  /** What the station was taught and what does not serve yet: it competes with every class, and confirms nothing. */
  readonly candidate: Gallery | null;
  /** Of all vectors that judge, taught ones too. */
  readonly gallerySha256: string;
  readonly models: { readonly detector: Uint8Array; readonly items: Uint8Array };
  /** Networks of single judges, and the galleries that they compare with. */
  readonly heads: Readonly<Partial<Record<HeadName, Uint8Array>>>;
  readonly judgeGalleries: Readonly<Partial<Record<'cgd' | 'specialist', Gallery>>>;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function readListed(folder: string, manifest: Manifest): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const { name, bytes, sha256: wanted } of listedFiles(manifest)) {
    const content = await readBounded(join(folder, name), Math.max(bytes, 1), 'BUNDLE_INVALID', 'BUNDLE_DIGEST');
    const found = sha256(content);
    if (content.length !== bytes || found !== wanted)
      throw new CupcheckError(
        'BUNDLE_DIGEST',
        `${name} has ${String(content.length)} bytes and digest ${found}, the manifest says ${String(bytes)} and ${wanted}`,
      );
    files.set(name, content);
  }
  return files;
}

/**
 * Reads and verifies the bundle in `folder`.
 * @throws BUNDLE_MISSING, BUNDLE_INVALID, BUNDLE_PRECISION, BUNDLE_DIGEST, BUNDLE_UNSIGNED, BUNDLE_UNTRUSTED, BUNDLE_SIGNATURE
 */
export async function loadBundle(folder: string, trust: Trust, precision: Precision = 'fp32'): Promise<Bundle> {
  const { manifest, sha256: digest, signature } = await readSignedManifest(folder, trust);
  const files = await readListed(folder, manifest);
  const file = (name: string): Uint8Array => {
    const content = files.get(name);
    if (content === undefined) throw new CupcheckError('BUNDLE_INVALID', `manifest.json does not list ${name}`);
    return content;
  };
  const { detector, items } = manifest.networks;
  if (manifest.gallery.networkSha256 !== manifest.files[items.file]?.sha256)
    throw new CupcheckError(
      'BUNDLE_INVALID',
      `the gallery was made by network ${manifest.gallery.networkSha256}, ${items.file} is another`,
    );
  const galleryBytes = file(manifest.gallery.file);
  const classes = manifest.classes.length;
  const { cgd, specialist } = manifest.judges ?? {};
  const galleryOf = (spec: GalleryRows) => readGallery(file(spec.file), spec, classes);
  return {
    folder,
    manifest,
    sha256: digest,
    signature,
    gallery: readGallery(galleryBytes, manifest.gallery, classes),
    candidate: null,
    gallerySha256: sha256(galleryBytes),
    models: { detector: file(detector.file), items: file(itemsFile(manifest, precision)) },
    heads: Object.fromEntries(Object.entries(manifest.heads ?? {}).map(([name, head]) => [name, file(head.file)])),
    judgeGalleries: {
      ...(cgd === undefined ? {} : { cgd: galleryOf({ ...cgd.gallery, vectors: manifest.gallery.vectors }) }),
      ...(specialist === undefined ? {} : { specialist: galleryOf(specialist.gallery) }),
    },
  };
}

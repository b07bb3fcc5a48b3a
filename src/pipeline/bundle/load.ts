import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import { type Gallery, readGallery } from '../gallery.js';
import type { HeadName } from '../ports.js';
import { type GalleryRows, type Manifest, parseManifest } from './manifest.js';
import { isAtLeast, ownVersion } from './own-version.js';
import type { Precision } from './precision.js';
import { readBounded } from './read-bounded.js';

const MAX_MANIFEST_BYTES = 16 * 2 ** 20;
const MAX_FILE_BYTES = 128 * 2 ** 20;
const MAX_BUNDLE_BYTES = 256 * 2 ** 20;

/** A bundle whose every file is what its manifest says. The networks are bytes still: `loadEngine` runs them. */
export interface Bundle {
  readonly folder: string;
  readonly manifest: Manifest;
  /** SHA-256 of manifest.json, which holds the digest of every other file. */
  readonly sha256: string;
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
  const listed = Object.entries(manifest.files);
  const total = listed.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  if (total > MAX_BUNDLE_BYTES)
    throw new CupcheckError(
      'BUNDLE_INVALID',
      `manifest.json lists ${String(total)} bytes, allowed are ${String(MAX_BUNDLE_BYTES)}`,
    );
  const files = new Map<string, Uint8Array>();
  for (const [name, { sha256: wanted, bytes }] of listed) {
    const content = await readBounded(
      join(folder, name),
      Math.min(MAX_FILE_BYTES, Math.max(bytes, 1)),
      'BUNDLE_INVALID',
      'BUNDLE_DIGEST',
    );
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

/** The file of the items network in that precision. Errors: BUNDLE_PRECISION. */
function itemsFile({ networks: { items }, name, version }: Manifest, precision: Precision): string {
  if (precision === 'fp32') return items.file;
  if (items.half === undefined)
    throw new CupcheckError('BUNDLE_PRECISION', `the bundle ${name} ${version} has no fp16 copy of its items network`);
  return items.half;
}

/**
 * Reads and verifies the bundle in `folder`.
 * @throws BUNDLE_MISSING, BUNDLE_INVALID, BUNDLE_PRECISION, BUNDLE_DIGEST
 */
export async function loadBundle(folder: string, precision: Precision = 'fp32'): Promise<Bundle> {
  const found = await stat(folder).catch((cause: Error) => {
    throw new CupcheckError('BUNDLE_MISSING', `no bundle at ${folder}: ${cause.message}`, { cause });
  });
  if (!found.isDirectory()) throw new CupcheckError('BUNDLE_MISSING', `${folder} is not a folder`);
  const path = join(folder, 'manifest.json');
  const bytes = await readBounded(path, MAX_MANIFEST_BYTES, 'BUNDLE_MISSING', 'BUNDLE_INVALID');
  const manifest = parseManifest(bytes);
  if (!isAtLeast(ownVersion(), manifest.minDaemon))
    throw new CupcheckError(
      'BUNDLE_INVALID',
      `manifest.json: /minDaemon wants cupcheck ${manifest.minDaemon}, this is ${ownVersion()}`,
    );
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
    sha256: sha256(bytes),
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

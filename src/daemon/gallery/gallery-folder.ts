import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import type { Bundle } from '../../pipeline/bundle/load.js';
import { readBounded } from '../../pipeline/bundle/read-bounded.js';
import { extendBundle } from '../../pipeline/taught/extend-bundle.js';
import {
  MAX_GALLERY_BYTES,
  parseGallery,
  serialiseGallery,
  type TaughtGallery,
} from '../../pipeline/taught/taught-gallery.js';
import { makeStationFolder, replaceFile, stationReads } from '../durable-file.js';
import { readIfThere } from './read-if-there.js';

/**
 * A folder of what was taught to one network:
 * `gallery.json` with every addition, `crops/` with their pictures, and `served/<digest>.json` with each gallery that ever
 * served, never changed. Which one does stands in `bundle-state.json`.
 */
export interface GalleryFolder {
  readonly path: string;
}

/** Where the station keeps what was taught to this network. */
export const stationGallery = (root: string, networkSha256: string): GalleryFolder => ({
  path: join(root, networkSha256),
});

export const cropFile = ({ path }: GalleryFolder, name: string) => join(path, 'crops', name);

export const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

/** Everything that was taught; `null` where nothing was. Errors: GALLERY_INVALID. */
export async function readTaught({ path }: GalleryFolder): Promise<TaughtGallery | null> {
  const bytes = await readIfThere(join(path, 'gallery.json'), MAX_GALLERY_BYTES);
  return bytes === null ? null : parseGallery(bytes);
}

/**
 * A gallery that serves, by its digest; `null` where none is named.
 * Errors: GALLERY_INVALID, also where it is gone, or not what its digest says.
 */
export async function readServed(
  { path: folder }: GalleryFolder,
  digest: string | null,
): Promise<TaughtGallery | null> {
  if (digest === null) return null;
  const path = join(folder, 'served', `${digest}.json`);
  const bytes = await readBounded(path, MAX_GALLERY_BYTES, 'GALLERY_INVALID', 'GALLERY_INVALID');
  if (sha256(bytes) !== digest)
    throw new CupcheckError('GALLERY_INVALID', `${path} differs from its digest: it was changed or is damaged`);
  return parseGallery(bytes);
}

/**
 * The bundle as the station judges by it: what serves is evidence, what is taught since then competes.
 * @param served digests of what serves, by network
 */
export async function stationBundle(
  bundle: Bundle,
  root: string,
  served: Readonly<Record<string, string>>,
): Promise<Bundle> {
  const { networkSha256 } = bundle.manifest.gallery;
  const folder = stationGallery(root, networkSha256);
  const [serving, candidate] = [await readServed(folder, served[networkSha256] ?? null), await readTaught(folder)];
  return extendBundle(bundle, { serving, candidate });
}

/** The bundle with a gallery that was given by hand: all of it serves. Errors: GALLERY_INVALID, GALLERY_NETWORK. */
export async function bundleWithGallery(bundle: Bundle, path: string): Promise<Bundle> {
  const serving = await readTaught({ path });
  if (serving === null)
    throw new CupcheckError('GALLERY_INVALID', `${path} holds no gallery.json: cupcheck enrol add --gallery ${path}`);
  return extendBundle(bundle, { serving, candidate: null });
}

/** Keeps the picture of an item under a name of its own. A picture that no addition names does no harm. */
export async function keepCrop(folder: GalleryFolder, name: string, png: Uint8Array): Promise<void> {
  const path = cropFile(folder, name);
  await makeStationFolder(dirname(path));
  await replaceFile(path, png, stationReads);
}

/** Replaces what is taught; the pictures that it names must be kept already. Errors: GALLERY_INVALID, STORAGE_FAULT. */
export async function keepTaught(folder: GalleryFolder, gallery: TaughtGallery): Promise<void> {
  const text = serialiseGallery(gallery);
  parseGallery(Buffer.from(text));
  await makeStationFolder(folder.path);
  await replaceFile(join(folder.path, 'gallery.json'), text, stationReads);
}

/** Keeps a gallery that is to serve, under its digest: nothing changes until `bundle-state.json` names it. Errors: STORAGE_FAULT. */
export async function keepServed({ path }: GalleryFolder, gallery: TaughtGallery): Promise<string> {
  const text = serialiseGallery(gallery);
  const digest = sha256(text);
  await makeStationFolder(join(path, 'served'));
  await replaceFile(join(path, 'served', `${digest}.json`), text, stationReads);
  return digest;
}

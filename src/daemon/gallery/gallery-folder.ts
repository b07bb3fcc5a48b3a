import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import type { Bundle } from '../../pipeline/bundle/load.js';
import { readBounded } from '../../pipeline/bundle/read-bounded.js';
import { extendBundle } from '../../pipeline/taught/extend-bundle.js';
import {
  type Deed,
  MAX_GALLERY_BYTES,
  parseGallery,
  serialiseGallery,
  type TaughtGallery,
} from '../../pipeline/taught/taught-gallery.js';
import { makeStationFolder, replaceFile, stationReads } from '../durable-file.js';

/**
 * A folder of what was taught to one network:
 * `gallery.json` with every addition, `crops/` with their pictures, `served/<digest>.json` with each gallery that ever
 * served, never changed, and `serving.json`, which names the one that does. A gallery given by hand has no `serving.json`.
 */
export interface GalleryFolder {
  readonly path: string;
}

/** Which gallery serves. Replaced atomically: the only commit point of `recalibrate`. */
export interface ServingPointer extends Deed {
  readonly schema: 1;
  /** SHA-256 of a file in `served/`. */
  readonly gallery: string;
}

/** Where the station keeps what was taught to this network. */
export const stationGallery = (root: string, networkSha256: string): GalleryFolder => ({
  path: join(root, networkSha256),
});

export const cropFile = ({ path }: GalleryFolder, name: string) => join(path, 'crops', name);

const MAX_POINTER_BYTES = 4096;
export const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

const isMissing = (error: unknown) =>
  error instanceof CupcheckError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';

async function readIfThere(path: string, maxBytes: number): Promise<Buffer | null> {
  try {
    return await readBounded(path, maxBytes, 'GALLERY_INVALID', 'GALLERY_INVALID');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Everything that was taught; `null` where nothing was. Errors: GALLERY_INVALID. */
export async function readTaught({ path }: GalleryFolder): Promise<TaughtGallery | null> {
  const bytes = await readIfThere(join(path, 'gallery.json'), MAX_GALLERY_BYTES);
  return bytes === null ? null : parseGallery(bytes);
}

/** Errors: GALLERY_INVALID. */
export async function readPointer({ path }: GalleryFolder): Promise<ServingPointer | null> {
  const bytes = await readIfThere(join(path, 'serving.json'), MAX_POINTER_BYTES);
  if (bytes === null) return null;
  try {
    const pointer = JSON.parse(bytes.toString('utf8')) as Partial<ServingPointer> | null;
    const { schema, gallery, when, who } = pointer ?? {};
    if (schema === 1 && typeof gallery === 'string' && /^[0-9a-f]{64}$/.test(gallery))
      return { schema, gallery, when: String(when), who: String(who) };
  } catch (cause) {
    throw new CupcheckError('GALLERY_INVALID', `${join(path, 'serving.json')} is not JSON`, { cause });
  }
  throw new CupcheckError('GALLERY_INVALID', `${join(path, 'serving.json')} names no gallery`);
}

/** The gallery that serves; `null` where none does. Errors: GALLERY_INVALID, also where it is not what its digest says. */
export async function readServing(folder: GalleryFolder): Promise<TaughtGallery | null> {
  const pointer = await readPointer(folder);
  if (pointer === null) return null;
  const path = join(folder.path, 'served', `${pointer.gallery}.json`);
  const bytes = await readBounded(path, MAX_GALLERY_BYTES, 'GALLERY_INVALID', 'GALLERY_INVALID');
  if (sha256(bytes) !== pointer.gallery)
    throw new CupcheckError('GALLERY_INVALID', `${path} differs from its digest: it was changed or is damaged`);
  return parseGallery(bytes);
}

/** The bundle as the station judges by it: what serves is evidence, what is taught since then competes. */
export async function stationBundle(bundle: Bundle, root: string): Promise<Bundle> {
  const folder = stationGallery(root, bundle.manifest.gallery.networkSha256);
  const [serving, candidate] = [await readServing(folder), await readTaught(folder)];
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

/** Lets a gallery serve: first its copy, then the name that counts. Errors: STORAGE_FAULT. */
export async function keepServing(folder: GalleryFolder, gallery: TaughtGallery, deed: Deed): Promise<ServingPointer> {
  const text = serialiseGallery(gallery);
  const pointer: ServingPointer = { schema: 1, gallery: sha256(text), ...deed };
  await makeStationFolder(join(folder.path, 'served'));
  await replaceFile(join(folder.path, 'served', `${pointer.gallery}.json`), text, stationReads);
  await replaceFile(join(folder.path, 'serving.json'), `${JSON.stringify(pointer, null, 2)}\n`, stationReads);
  return pointer;
}

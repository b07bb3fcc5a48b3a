import { readFile } from 'node:fs/promises';
import { cropFile, keepServed, readServed, readTaught, sha256 } from '../../daemon/gallery/gallery-folder.js';
import type { ServedGallery } from '../../daemon/gallery/galleries.js';
import { whileLocked } from '../../daemon/folder-lock.js';
import { CupcheckError } from '../../errors.js';
import type { Engine } from '../../pipeline/engine.js';
import { embedItem } from '../../pipeline/taught/embed-item.js';
import { extendBundle } from '../../pipeline/taught/extend-bundle.js';
import { knownItems } from '../../pipeline/taught/known-items.js';
import { type Replay, replay } from '../../pipeline/taught/replay.js';
import { activeAdditions, type Deed, decodeVector, type TaughtGallery } from '../../pipeline/taught/taught-gallery.js';
import { readPicture } from '../read-picture.js';
import type { Place } from './where.js';

export interface RecalibrateOptions {
  /** Serve though items that were confirmed are no more: more ambers, and no green that is wrong. */
  readonly acceptLosses: boolean;
  /** Replay and show, and change nothing. */
  readonly dryRun: boolean;
  readonly deed: Deed;
  /** Lets the kept gallery serve for the network of the bundle. */
  readonly serve: (served: ServedGallery) => Promise<ServedBy>;
}

/** Who let it serve: the running station, which judges by it now, or the document that counts when it starts. */
export type ServedBy = 'station' | 'document';

export interface Recalibration {
  /** `unchanged`: what is taught serves already. `replayed`: a dry run that would serve. */
  readonly outcome: 'serving' | 'refused' | 'unchanged' | 'replayed';
  readonly pictures: { readonly before: number; readonly after: number };
  readonly replay: Replay | null;
  readonly served: (ServedGallery & { readonly by: ServedBy }) | null;
}

/** The kept picture of an addition must still give its vector: else it is not what was taught. */
const SAME_VECTOR = 0.999;

const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

/** Looks at every kept picture again. Errors: GALLERY_INVALID where one is gone, was changed, or gives another vector. */
async function checkPictures(gallery: TaughtGallery, place: Place, engine: Engine): Promise<void> {
  for (const { id, crop, vector } of activeAdditions(gallery)) {
    const path = cropFile(place.folder, crop.file);
    const refuse = (what: string, cause?: unknown) =>
      new CupcheckError(
        'GALLERY_INVALID',
        `${path}, picture ${String(id)}: ${what}; cupcheck enrol undo ${String(id)}`,
        {
          cause,
        },
      );
    const bytes = await readFile(path).catch((cause: Error) => {
      throw refuse(cause.message, cause);
    });
    if (sha256(bytes) !== crop.sha256) throw refuse('it differs from its digest');
    const found = await embedItem(await readPicture(path), crop.outline, engine);
    const alike = product(found, decodeVector(vector, gallery.dim));
    if (!(alike >= SAME_VECTOR)) throw refuse(`it gives another vector than the one kept (${alike.toFixed(4)})`);
  }
}

const idsOf = (gallery: TaughtGallery | null) =>
  (gallery === null ? [] : activeAdditions(gallery)).map(({ id }) => id).join();

/**
 * Lets what is taught serve, where every known item still is what it was and none passes as what it is not.
 * @throws ENROL_UNKNOWN (nothing is taught), GALLERY_*, INFER_FAILED, STORAGE_FAULT, and what `serve` throws
 */
export async function recalibrate(options: RecalibrateOptions, place: Place, engine: Engine): Promise<Recalibration> {
  const { folder, bundle } = place;
  return await whileLocked(folder, 'GALLERY_BUSY', async () => {
    const next = await readTaught(folder);
    if (next === null) throw new CupcheckError('ENROL_UNKNOWN', `nothing is taught in ${folder.path}`);
    const serving = await readServed(folder, (await place.served())?.gallery ?? null);
    const pictures = {
      before: serving === null ? 0 : activeAdditions(serving).length,
      after: activeAdditions(next).length,
    };
    if (idsOf(serving) === idsOf(next)) return { outcome: 'unchanged', pictures, replay: null, served: null };
    await checkPictures(next, place, engine);
    const before = extendBundle(bundle, { serving, candidate: null });
    const after = extendBundle(bundle, { serving: next, candidate: null });
    const items = knownItems(bundle, { bundle: before, gallery: serving }, { bundle: after, gallery: next });
    const replayed = replay(items, before, after, place.calibration !== null);
    const stands = replayed.harms.filter(({ kind }) => kind !== 'lost' || !options.acceptLosses);
    if (stands.length > 0) return { outcome: 'refused', pictures, replay: replayed, served: null };
    if (options.dryRun) return { outcome: 'replayed', pictures, replay: replayed, served: null };
    const served = { gallery: await keepServed(folder, next), ...options.deed };
    const by = await options.serve(served);
    return { outcome: 'serving', pictures, replay: replayed, served: { ...served, by } };
  });
}

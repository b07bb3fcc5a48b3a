import { cropFile, keepCrop, keepTaught, readServed, readTaught, sha256 } from '../../daemon/gallery/gallery-folder.js';
import { whileLocked } from '../../daemon/folder-lock.js';
import { CupcheckError } from '../../errors.js';
import type { Engine } from '../../pipeline/engine.js';
import type { Picture } from '../../pipeline/frame.js';
import type { Side } from '../../pipeline/judgement.js';
import { embedItem } from '../../pipeline/taught/embed-item.js';
import { extendBundle } from '../../pipeline/taught/extend-bundle.js';
import { type OneItem, oneItem } from '../../pipeline/taught/one-item.js';
import { type Resemblance, resemblanceOf } from '../../pipeline/taught/resemblance.js';
import {
  activeAdditions,
  type Addition,
  type Deed,
  emptyGallery,
  encodeVector,
  MAX_ADDITIONS,
  MAX_TAUGHT_DESIGNS,
  type TaughtGallery,
} from '../../pipeline/taught/taught-gallery.js';
import { checkItem, type DesignGiven, designTaught } from './check-teaching.js';
import { encodePng } from './png.js';
import type { Place } from './where.js';

/** Pictures of one command: a person who gives more has probably named a folder. */
export const MAX_PICTURES = 100;

export interface PictureGiven {
  readonly name: string;
  readonly sha256: string;
  readonly picture: Picture;
  readonly pxPerMm: number | null;
}

export interface TeachOptions extends DesignGiven {
  readonly side: Side | null;
  readonly pictures: readonly PictureGiven[];
  readonly deed: Deed;
}

/** What one picture taught. */
export interface Taught {
  readonly addition: Addition;
  /** The other design that it resembles most. */
  readonly resembles: Resemblance | null;
}

export interface Teaching {
  readonly isNew: boolean;
  readonly diameterMm: number;
  readonly taught: readonly Taught[];
  /** Pictures in use of this design. */
  readonly pictures: number;
}

function requireNew(pictures: readonly PictureGiven[], { additions }: TaughtGallery): void {
  const seen = new Map(additions.filter(({ undone }) => undone === null).map((one) => [one.picture.sha256, one.id]));
  for (const { name, sha256: digest } of pictures) {
    const before = seen.get(digest);
    if (before !== undefined)
      throw new CupcheckError(
        'ENROL_REPEATED',
        before === 0 ? `${name} is given twice` : `${name} was taught already, as addition ${String(before)}`,
      );
    seen.set(digest, 0);
  }
}

function requireRoom(taught: TaughtGallery, more: number, isNew: boolean): void {
  if (taught.additions.length + more > MAX_ADDITIONS)
    throw new CupcheckError(
      'ENROL_FULL',
      `${String(taught.additions.length)} pictures were taught, at most ${String(MAX_ADDITIONS)} can be`,
    );
  if (isNew && taught.designs.length >= MAX_TAUGHT_DESIGNS)
    throw new CupcheckError('ENROL_FULL', `${String(MAX_TAUGHT_DESIGNS)} designs are taught, and no more can be`);
}

async function seenIn({ name, picture, pxPerMm }: PictureGiven, engine: Engine): Promise<OneItem> {
  return await inPicture(name, () => oneItem(picture, pxPerMm, engine));
}

/** What is wrong with a picture, with its name. */
async function inPicture<T>(name: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof CupcheckError)) throw cause;
    throw new CupcheckError(cause.code, `${name}: ${cause.message}`, { cause });
  }
}

/**
 * Teaches pictures of one design: all of them, or none where one is refused. What is written first is the pictures'
 * parts, then the gallery that names them; cut off between any two, the gallery is the one before.
 * @throws ENROL_*, GALLERY_*, USAGE, STORAGE_FAULT, INFER_FAILED
 */
export async function teach(options: TeachOptions, place: Place, engine: Engine): Promise<Teaching> {
  const { folder, bundle } = place;
  const { networkSha256, dim } = bundle.manifest.gallery;
  return await whileLocked(folder, 'GALLERY_BUSY', async () => {
    const before = (await readTaught(folder)) ?? emptyGallery(networkSha256, dim);
    const serving = await readServed(folder, (await place.served())?.gallery ?? null);
    const extended = extendBundle(bundle, { serving, candidate: before });
    requireNew(options.pictures, before);
    const items: OneItem[] = [];
    for (const given of options.pictures) items.push(await seenIn(given, engine));
    const { design, isNew } = designTaught(options, items, bundle, before);
    requireRoom(before, items.length, isNew);
    const taught: Taught[] = [];
    let id = before.additions.at(-1)?.id ?? 0;
    for (const [index, item] of items.entries()) {
      const given = options.pictures[index];
      if (given === undefined) continue;
      await inPicture(given.name, () => checkItem(item, design, bundle));
      const png = await encodePng(item.part);
      const vector = await embedItem(item.part, item.outline, engine);
      const file = `${given.sha256}.png`;
      id++;
      const addition: Addition = {
        id,
        design: design.id,
        side: options.side,
        ...options.deed,
        picture: { name: given.name.slice(-200), sha256: given.sha256 },
        crop: { file, sha256: sha256(png), outline: item.outline },
        diameterMm: item.diameterMm === null ? null : Math.round(item.diameterMm * 100) / 100,
        vector: encodeVector(vector),
        undone: null,
      };
      await keepCrop(folder, file, png);
      taught.push({ addition, resembles: resemblanceOf(vector, design, extended) });
    }
    const { id: designId, name, diameterMm, toleranceMm, minPxPerMm } = design;
    const gallery: TaughtGallery = {
      ...before,
      designs: isNew
        ? [
            ...before.designs.filter((one) => one.id !== designId),
            { id: designId, name, diameterMm, toleranceMm, minPxPerMm },
          ]
        : before.designs,
      additions: [...before.additions, ...taught.map(({ addition }) => addition)],
    };
    await keepTaught(folder, gallery);
    const pictures = activeAdditions(gallery).filter((one) => one.design === designId).length;
    return { isNew, diameterMm, taught, pictures };
  });
}

/** Takes an addition, or all of a design, out of use; its record and its picture stay. Errors: ENROL_UNKNOWN, GALLERY_*. */
export async function undo(which: string, place: Place, deed: Deed): Promise<Addition[]> {
  return await whileLocked(place.folder, 'GALLERY_BUSY', async () => {
    const before = await readTaught(place.folder);
    const active = before === null ? [] : activeAdditions(before);
    const last = active.at(-1);
    const wanted =
      which === 'last'
        ? active.filter(({ when, design, side }) => when === last?.when && design === last.design && side === last.side)
        : active.filter(({ id, design }) => String(id) === which || design === which);
    if (before === null || wanted.length === 0)
      throw new CupcheckError('ENROL_UNKNOWN', which === 'last' ? 'nothing is taught' : `nothing in use is "${which}"`);
    const ids = new Set(wanted.map(({ id }) => id));
    const additions = before.additions.map((one) => (ids.has(one.id) ? { ...one, undone: deed } : one));
    await keepTaught(place.folder, { ...before, additions });
    return wanted;
  });
}

export const cropPathOf = (place: Place, { crop }: Addition) => cropFile(place.folder, crop.file);

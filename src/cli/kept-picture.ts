import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { insideFolder, pictureDigest } from '../daemon/journal/pictures.js';
import type { Result } from '../daemon/result.js';
import { CupcheckError } from '../errors.js';

/** More than a slot of the frame ring can hold. */
const maxBytes = 67_108_864;

/** What is there of a cup's picture: `gone` was kept once, `altered` is not what was judged. */
export type KeptPicture =
  | { readonly kind: 'there'; readonly jpeg: Buffer }
  | { readonly kind: 'not_kept' | 'gone' | 'altered'; readonly why: string };

/**
 * The picture that the station kept of a cup, byte for byte as it was judged, or why it cannot be had.
 * @param folder of the pictures
 */
export async function findPicture(
  folder: string,
  { seq, image, verdict }: Pick<Result, 'seq' | 'image' | 'verdict'>,
): Promise<KeptPicture> {
  if (image === null) return { kind: 'not_kept', why: `of cup ${seq} (${verdict}) no picture was kept` };
  const path = join(folder, image.path);
  if (!insideFolder.test(image.path)) return { kind: 'altered', why: `${path} does not lie in ${folder}` };
  try {
    const { size } = await stat(path);
    if (size > maxBytes) return { kind: 'altered', why: `${path} has ${size} bytes: it is no picture of ours` };
    const jpeg = await readFile(path);
    if (pictureDigest(jpeg) === image.sha256) return { kind: 'there', jpeg };
    return { kind: 'altered', why: `${path} is not the picture that was judged: its digest differs` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const why = 'it was removed to stay within images.maxBytes, or a power cut came before it was written';
    return { kind: 'gone', why: `the picture of cup ${seq} is gone: ${why} (${path})` };
  }
}

/** The same for who needs it. Errors: PICTURE_GONE, which says why there is none. */
export async function keptPicture(folder: string, result: Result): Promise<Buffer> {
  const found = await findPicture(folder, result);
  if (found.kind === 'there') return found.jpeg;
  throw new CupcheckError('PICTURE_GONE', found.why);
}

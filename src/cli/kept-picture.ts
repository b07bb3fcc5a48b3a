import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { insideFolder, pictureDigest } from '../daemon/journal/pictures.js';
import type { Result } from '../daemon/result.js';
import { CupcheckError } from '../errors.js';

/** More than a slot of the frame ring can hold. */
const maxBytes = 67_108_864;

/**
 * The picture that the station kept of a cup, byte for byte as it was judged.
 * @param folder of the pictures
 * Errors: PICTURE_GONE, which says whether it was never kept, was removed or lost, or is not what was judged.
 */
export async function keptPicture(folder: string, { seq, image, verdict }: Result): Promise<Buffer> {
  if (image === null) {
    throw new CupcheckError('PICTURE_GONE', `of cup ${seq} (${verdict}) no picture was kept`);
  }
  const path = join(folder, image.path);
  if (!insideFolder.test(image.path)) throw new CupcheckError('PICTURE_GONE', `${path} does not lie in ${folder}`);
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw new CupcheckError('PICTURE_GONE', `${path} has ${size} bytes: it is no picture of ours`);
    const jpeg = await readFile(path);
    if (pictureDigest(jpeg) === image.sha256) return jpeg;
    throw new CupcheckError('PICTURE_GONE', `${path} is not the picture that was judged: its digest differs`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const why = 'it was removed to stay within images.maxBytes, or a power cut came before it was written';
    throw new CupcheckError('PICTURE_GONE', `the picture of cup ${seq} is gone: ${why} (${path})`);
  }
}

import { open } from 'node:fs/promises';
import { CupcheckError } from '../errors.js';
import { decodeJpeg, encodeJpeg } from '../native/jpeg.js';
import type { Picture } from '../pipeline/frame.js';

const MAX_FILE_BYTES = 64 * 2 ** 20;
const MIN_SIDE_PX = 64;
const MAX_SIDE_PX = 8192;
const BEST_QUALITY = 98;

async function readFileBounded(path: string): Promise<Buffer> {
  const handle = await open(path, 'r').catch((cause: Error) => {
    throw new CupcheckError('PICTURE_UNREADABLE', cause.message, { cause });
  });
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new CupcheckError('PICTURE_UNREADABLE', `${path} is not a file`);
    if (found.size > MAX_FILE_BYTES)
      throw new CupcheckError(
        'PICTURE_UNREADABLE',
        `${path} has ${String(found.size)} bytes, allowed are ${String(MAX_FILE_BYTES)}`,
      );
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

const isJpeg = (bytes: Uint8Array) => bytes[0] === 0xff && bytes[1] === 0xd8;
const isPng = (bytes: Uint8Array) =>
  bytes.length >= 8 && Buffer.from(bytes.subarray(0, 4)).equals(Buffer.from('\x89PNG', 'latin1'));

async function decodePng(bytes: Buffer, path: string): Promise<Picture> {
  const { default: sharp } = await import('sharp');
  try {
    // The size is read from the header before anything is decoded.
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    if (Math.min(width, height) < MIN_SIDE_PX || Math.max(width, height) > MAX_SIDE_PX)
      throw new CupcheckError('PICTURE_SIZE', `${path} has ${String(width)}×${String(height)} pixels`);
    const { data, info } = await sharp(bytes, { failOn: 'warning' })
      .flatten({ background: '#808080' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const format = info.channels === 1 ? 'grey' : 'rgb';
    return { width: info.width, height: info.height, format, stride: info.width * info.channels, data };
  } catch (cause) {
    if (cause instanceof CupcheckError) throw cause;
    throw new CupcheckError('PICTURE_CORRUPT', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/**
 * Reads a JPEG (decoded as the station does) or a PNG.
 * @throws PICTURE_UNREADABLE, PICTURE_CORRUPT (also half a picture), PICTURE_SIZE (sides outside 64 to 8192 pixels)
 */
export async function readPicture(path: string): Promise<Picture> {
  const bytes = await readFileBounded(path);
  if (isPng(bytes)) return await decodePng(bytes, path);
  if (!isJpeg(bytes)) throw new CupcheckError('PICTURE_CORRUPT', `${path} is neither a JPEG nor a PNG`);
  try {
    return decodeJpeg(bytes);
  } catch (cause) {
    if (!(cause instanceof CupcheckError)) throw cause;
    throw new CupcheckError(cause.code, `${path}: ${cause.message}`, { cause });
  }
}

/** A picture with the bytes that it is kept by. */
export interface PictureFile {
  readonly picture: Picture;
  readonly jpeg: Uint8Array;
}

/** As `readPicture`; what is no JPEG is made one, as good as it gets. */
export async function readPictureFile(path: string): Promise<PictureFile> {
  const picture = await readPicture(path);
  const bytes = await readFileBounded(path);
  return { picture, jpeg: isJpeg(bytes) ? bytes : encodeJpeg(picture, BEST_QUALITY) };
}

import { CupcheckError } from '../errors.js';
import { callNative, nativeError, requireWhole } from './addon.js';
import { channelsOf, type Picture, pixelArguments } from './picture.js';

export interface DecodeOptions {
  /** Default `rgb`. `grey` is the BT.601 luma that the JPEG itself holds. */
  readonly format?: Picture['format'];
  /** Decodes at 1/scale of each side, rounded up; much quicker than shrinking afterwards. Default 1. */
  readonly scale?: 1 | 2 | 4 | 8;
  /** The pixels are written to its beginning, and nothing is allocated; it may be longer. Default: a new one. */
  readonly into?: Uint8Array;
}

function requireBytes(bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) throw new CupcheckError('NATIVE_ARGUMENT', 'A JPEG must be a Uint8Array');
}

function requireScale(scale: number): void {
  if (![1, 2, 4, 8].includes(scale))
    throw new CupcheckError('NATIVE_ARGUMENT', `The scale of a JPEG is ${scale}, not 1, 2, 4 or 8`);
}

/** The sides that `decodeJpeg` gives, by the header alone. Errors: PICTURE_CORRUPT, PICTURE_SIZE (as `decodeJpeg`). */
export function jpegSize(
  bytes: Uint8Array,
  scale: 1 | 2 | 4 | 8 = 1,
): { readonly width: number; readonly height: number } {
  requireBytes(bytes);
  requireScale(scale);
  return callNative((addon) => addon.jpegSize(bytes, scale));
}

/**
 * Decodes a whole JPEG (baseline or progressive) with libjpeg-turbo, on the calling thread: 4 to 10 ms for 1280×960.
 * The rows of the result are not padded. A frame of a motion JPEG that leaves out its Huffman tables is decoded with the
 * standard ones (ITU T.81, K.3).
 * Errors: PICTURE_CORRUPT for anything that libjpeg objects to or warns of, so that half a picture is never returned
 * (what `into` holds after an error is none); PICTURE_SIZE for sides, as coded or as scaled, outside 64 to 8192 pixels,
 * before anything is allocated; NATIVE_ARGUMENT, also where `into` is too short.
 */
export function decodeJpeg(bytes: Uint8Array, options: DecodeOptions = {}): Picture {
  const { channels, scale, data, picture } = room(bytes, options);
  callNative((addon) => addon.decodeJpeg(bytes, channels, scale, data));
  return picture();
}

/**
 * The same on a thread of libuv's pool. Neither `bytes` nor `into` may change, or go (a ring that is closed), until it has
 * settled. Errors: as `decodeJpeg`, by the promise.
 */
export async function decodeJpegAside(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Picture> {
  const { channels, scale, data, picture } = room(bytes, options);
  try {
    await callNative((addon) => addon.decodeJpegAsync(bytes, channels, scale, data));
  } catch (error) {
    throw error instanceof CupcheckError ? error : nativeError(error);
  }
  return picture();
}

/** What a JPEG is decoded into, and the picture that it is afterwards. */
function room(bytes: Uint8Array, { format = 'rgb', scale = 1, into }: DecodeOptions) {
  const channels = channelsOf(format);
  const { width, height } = jpegSize(bytes, scale);
  const needed = width * height * channels;
  // Every byte is written before anybody sees it.
  const data = into ?? Buffer.allocUnsafeSlow(needed);
  const stride = width * channels;
  const picture = (): Picture => ({ width, height, format, stride, data: data.subarray(0, needed) });
  return { channels, scale, data, picture };
}

/**
 * Encodes a picture as a baseline JPEG; RGB with its colours at half resolution (4:2:0), as cameras do.
 * `quality` is libjpeg's, 1 to 100. Errors: PICTURE_SIZE (sides 64 to 8192), NATIVE_ARGUMENT.
 */
export function encodeJpeg(picture: Picture, quality: number): Buffer {
  requireWhole('The quality of a JPEG', quality, 1, 100);
  const pixels = pixelArguments(picture);
  return callNative((addon) => addon.encodeJpeg(...pixels, quality));
}

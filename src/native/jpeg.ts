import { CupcheckError } from '../errors.js';
import { callNative, requireWhole } from './addon.js';
import { channelsOf, type Picture, pixelArguments } from './picture.js';

export interface DecodeOptions {
  /** Default `rgb`. `grey` is the BT.601 luma that the JPEG itself holds. */
  readonly format?: Picture['format'];
  /** Decodes at 1/scale of each side, rounded up; much quicker than shrinking afterwards. Default 1. */
  readonly scale?: 1 | 2 | 4 | 8;
}

function requireBytes(bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) throw new CupcheckError('NATIVE_ARGUMENT', 'A JPEG must be a Uint8Array');
}

/**
 * Decodes a whole JPEG (baseline or progressive) with libjpeg-turbo, on the calling thread: 10 ms or so for 1280×960.
 * The rows of the result are not padded.
 * Errors: PICTURE_CORRUPT for anything that libjpeg objects to or warns of, so that half a picture is never returned;
 * PICTURE_SIZE for sides, as coded or as scaled, outside 64 to 8192 pixels, before anything is allocated.
 */
export function decodeJpeg(bytes: Uint8Array, options: DecodeOptions = {}): Picture {
  const { format = 'rgb', scale = 1 } = options;
  requireBytes(bytes);
  const channels = channelsOf(format);
  if (![1, 2, 4, 8].includes(scale)) {
    throw new CupcheckError('NATIVE_ARGUMENT', `The scale of a JPEG is ${scale}, not 1, 2, 4 or 8`);
  }
  const { width, height, data } = callNative((addon) => addon.decodeJpeg(bytes, channels, scale));
  return { width, height, format, stride: width * channels, data };
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

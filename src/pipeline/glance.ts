import { decodeJpeg, decodeJpegAside, jpegSize } from '../native/jpeg.js';
import { lightAndThumb, type Thumb } from '../native/quality.js';
import type { Exposure } from './exposure.js';
import type { Picture } from './frame.js';

/** What a frame says of itself and of change, without a look at its items. */
export interface Glance {
  /** Size of the frame, pixels: two frames of different sizes cannot be compared. */
  readonly width: number;
  readonly height: number;
  readonly exposure: Exposure;
  readonly thumb: Thumb;
}

/** A thumb is an eighth of its picture: enough to see that something moved. */
const SHRINK = 8;
/** Of a whole picture every so many pixels are asked for the light. */
const LIGHT_STEP = 4;
/** No JPEG is decoded to less than this. */
const MIN_DECODED_SIDE = 64;

const thumbSize = (width: number, height: number) => ({
  width: Math.floor(width / SHRINK),
  height: Math.floor(height / SHRINK),
});

/** @throws NATIVE_ARGUMENT */
export function glanceAt(picture: Picture): Glance {
  const { width, height } = picture;
  const { light, thumb } = lightAndThumb(picture, { step: LIGHT_STEP, shrink: SHRINK, ...thumbSize(width, height) });
  return { width, height, exposure: light, thumb };
}

/**
 * The same from a JPEG at half the time of a whole decoding: grey, and at an eighth of each side, which is what the thumb
 * needs. All of the JPEG is read, so a damaged one is found all the same. Against `glanceAt` its thumb is rounded to whole
 * levels, which adds less than half a level to a difference; its light is that of squares of 8 × 8 pixels, so that small
 * glints count less.
 * @throws PICTURE_CORRUPT, PICTURE_SIZE
 */
export function glanceAtJpeg(jpeg: Uint8Array): Glance {
  const { width, height } = jpegSize(jpeg);
  if (isSmall(width, height)) return glanceAt(decodeJpeg(jpeg, { format: 'grey' }));
  return glanceOf(decodeJpeg(jpeg, eighth), width, height);
}

/** The same with the decoding on another thread, for an event loop that has deadlines to keep. See `decodeJpegAside`. */
export async function glanceAtJpegAside(jpeg: Uint8Array): Promise<Glance> {
  const { width, height } = jpegSize(jpeg);
  if (isSmall(width, height)) return glanceAt(await decodeJpegAside(jpeg, { format: 'grey' }));
  return glanceOf(await decodeJpegAside(jpeg, eighth), width, height);
}

const eighth = { format: 'grey', scale: SHRINK } as const;

const isSmall = (width: number, height: number) => Math.min(width, height) < MIN_DECODED_SIDE * SHRINK;

/** `small`: the picture of `width` × `height` at an eighth. */
function glanceOf(small: Picture, width: number, height: number): Glance {
  const { light, thumb } = lightAndThumb(small, { step: 1, shrink: 1, ...thumbSize(width, height) });
  return { width, height, exposure: light, thumb };
}

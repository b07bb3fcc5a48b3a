import { CupcheckError } from '../errors.js';
import { callNative, requireWhole } from './addon.js';
import { type Picture, pixelArguments } from './picture.js';

/** What each crop becomes: `channels` planes of `height` rows of `width` values (pixel − mean) / std. */
export interface CropOptions {
  /** 1 to 2048 pixels. */
  readonly width: number;
  readonly height: number;
  readonly mean: number;
  readonly std: number;
  /** The value of what lies outside the picture, in pixel units (0 to 255). */
  readonly fill: number;
  /** 1: RGB becomes its BT.601 luma. 3: grey is repeated. */
  readonly channels: 1 | 3;
}

const maxBoxes = 256;
const maxBoxPx = 65_536;

function requireBoxes(boxes: Float32Array): void {
  if (!(boxes instanceof Float32Array) || boxes.length % 4 !== 0 || boxes.length > 4 * maxBoxes) {
    throw new CupcheckError(
      'NATIVE_ARGUMENT',
      `Boxes are a Float32Array of 4 values each, at most ${maxBoxes} of them`,
    );
  }
  for (let i = 0; i < boxes.length; i += 4) {
    const box = boxes.subarray(i, i + 4);
    const [, , width = 0, height = 0] = box;
    if (box.every((value) => Math.abs(value) <= maxBoxPx) && width > 0 && height > 0) continue;
    throw new CupcheckError('NATIVE_ARGUMENT', `Box ${i / 4} is (${box.join(', ')}): not finite, empty or too far out`);
  }
}

/**
 * Cuts boxes out of a picture and resizes them, on the calling thread, into a tensor that the caller owns.
 *
 * `boxes` holds n × (x, y, width, height) in pixels, fractions allowed; a box may leave the picture, which is thought to
 * go on for ever with the value `fill`. `out` takes exactly n × channels × height × width values. Each axis for itself:
 * where the box shrinks, every value is the exact mean over its span of the source, fractional ends included; where it
 * grows, it is linear between pixel centres (output centre i lies at x + (i + 0.5) × boxWidth / width).
 *
 * Errors: NATIVE_ARGUMENT; `out` is untouched then.
 */
export function cropResize(picture: Picture, boxes: Float32Array, options: CropOptions, out: Float32Array): void {
  const { width, height, mean, std, fill, channels } = options;
  const pixels = pixelArguments(picture);
  requireBoxes(boxes);
  requireWhole('The width of a crop', width, 1, 2048);
  requireWhole('The height of a crop', height, 1, 2048);
  if (channels !== 1 && channels !== 3) {
    throw new CupcheckError('NATIVE_ARGUMENT', `A crop has ${String(channels)} channels, not 1 or 3`);
  }
  if (![mean, std, fill].every(Number.isFinite) || std === 0) {
    throw new CupcheckError(
      'NATIVE_ARGUMENT',
      `A crop's mean ${mean}, std ${std} and fill ${fill} must be finite, and std not 0`,
    );
  }
  const values = (boxes.length / 4) * channels * height * width;
  if (!(out instanceof Float32Array) || out.length !== values) {
    throw new CupcheckError('NATIVE_ARGUMENT', `The crops need a Float32Array of exactly ${values} values`);
  }
  callNative((addon) => addon.cropResize(...pixels, boxes, width, height, channels, mean, std, fill, out));
}

/** The BT.601 luma of a picture, rows not padded; a grey picture is copied. Errors: NATIVE_ARGUMENT. */
export function toGrey(picture: Picture): Picture {
  const pixels = pixelArguments(picture);
  const { width, height } = picture;
  const data = new Uint8Array(width * height);
  callNative((addon) => addon.toGrey(...pixels, data));
  return { width, height, format: 'grey', stride: width, data };
}

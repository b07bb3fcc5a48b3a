import { CupcheckError } from '../errors.js';
import { requireWhole } from './addon.js';

/** A decoded picture. `data` holds `height` rows of `stride` bytes; RGB is interleaved, 3 bytes a pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly format: 'rgb' | 'grey';
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly data: Uint8Array;
}

/** Bytes a pixel. */
export function channelsOf(format: Picture['format']): 1 | 3 {
  if (format === 'rgb') return 3;
  if (format === 'grey') return 1;
  throw new CupcheckError('NATIVE_ARGUMENT', `The format of a picture is ${String(format)}, not rgb or grey`);
}

/** The picture as the addon's first five arguments. Errors: NATIVE_ARGUMENT. */
export function pixelArguments(picture: Picture): [Uint8Array, number, number, number, 1 | 3] {
  const { width, height, stride, data } = picture;
  const channels = channelsOf(picture.format);
  requireWhole('The width of a picture', width, 1, 8192);
  requireWhole('The height of a picture', height, 1, 8192);
  requireWhole('The stride of a picture', stride, width * channels, 2 ** 20);
  const neededBytes = stride * (height - 1) + width * channels;
  if (!(data instanceof Uint8Array) || data.length < neededBytes) {
    const length = data instanceof Uint8Array ? `${data.length} bytes` : 'no Uint8Array';
    throw new CupcheckError('NATIVE_ARGUMENT', `A picture that needs ${neededBytes} bytes has ${length}`);
  }
  return [data, width, height, stride, channels];
}

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

/**
 * A picture as a camera delivers it; every `Picture` is one.
 * `yuyv`: Y0 U Y1 V for each two pixels, even width. `nv12`: `height` rows of Y, then `height` / 2 rows of U V pairs at
 * the same stride, even sides. Both are BT.601 in limited range (Y 16 to 235), V4L2's usual.
 */
export interface RawFrame extends Omit<Picture, 'format'> {
  readonly format: Picture['format'] | 'yuyv' | 'nv12';
}

/** Bytes a pixel. */
export function channelsOf(format: Picture['format']): 1 | 3 {
  if (format === 'rgb') return 3;
  if (format === 'grey') return 1;
  throw new CupcheckError('NATIVE_ARGUMENT', `The format of a picture is ${String(format)}, not rgb or grey`);
}

/** A format as the addon numbers it, and the bytes of a row for each pixel in it. */
const layouts = {
  grey: { code: 1, rowBytes: 1 },
  rgb: { code: 3, rowBytes: 3 },
  yuyv: { code: 4, rowBytes: 2 },
  nv12: { code: 5, rowBytes: 1 },
} as const satisfies Record<RawFrame['format'], { code: number; rowBytes: number }>;

type LayoutCode = (typeof layouts)[RawFrame['format']]['code'];

/** The frame as the addon's first five arguments. Errors: NATIVE_ARGUMENT. */
export function frameArguments(frame: RawFrame): [Uint8Array, number, number, number, LayoutCode] {
  const { width, height, stride, data, format } = frame;
  if (!Object.hasOwn(layouts, format))
    throw new CupcheckError('NATIVE_ARGUMENT', `The format of a frame is ${format}, not rgb, grey, yuyv or nv12`);
  const { code, rowBytes } = layouts[format];
  requireWhole('The width of a picture', width, 1, 8192);
  requireWhole('The height of a picture', height, 1, 8192);
  requireWhole('The stride of a picture', stride, width * rowBytes, 2 ** 20);
  if ((format === 'yuyv' || format === 'nv12') && width % 2 !== 0)
    throw new CupcheckError('NATIVE_ARGUMENT', `The width of a picture in ${format} is ${width}, which is odd`);
  if (format === 'nv12' && height % 2 !== 0)
    throw new CupcheckError('NATIVE_ARGUMENT', `The height of a picture in nv12 is ${height}, which is odd`);
  const rows = format === 'nv12' ? (3 * height) / 2 : height;
  const neededBytes = stride * (rows - 1) + width * rowBytes;
  if (!(data instanceof Uint8Array) || data.length < neededBytes) {
    const length = data instanceof Uint8Array ? `${data.length} bytes` : 'no Uint8Array';
    throw new CupcheckError('NATIVE_ARGUMENT', `A picture that needs ${neededBytes} bytes has ${length}`);
  }
  return [data, width, height, stride, code];
}

/** The picture as the addon's first five arguments. Errors: NATIVE_ARGUMENT. */
export function pixelArguments(picture: Picture): [Uint8Array, number, number, number, 1 | 3] {
  const channels = channelsOf(picture.format);
  const [data, width, height, stride] = frameArguments(picture);
  return [data, width, height, stride, channels];
}

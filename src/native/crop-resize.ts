import { CupcheckError } from '../errors.js';
import { type Addon, callNative, nativeError, requireWhole } from './addon.js';
import { frameArguments, type Picture, pixelArguments, type RawFrame } from './picture.js';

/** One value for all channels, or one for each of red, green and blue. */
export type PerChannel = number | readonly [red: number, green: number, blue: number];

/** Which machine code does the work; all give the same within 1/255 of full scale. */
export type CropPath = 'scalar' | 'avx2' | 'neon';

/** What each crop becomes: `channels` planes of `height` rows of `width` values (pixel − mean) / std. */
export interface CropOptions {
  /** 1 to 2048 pixels. */
  readonly width: number;
  readonly height: number;
  /** With one channel a single number, as `std`. */
  readonly mean: PerChannel;
  readonly std: PerChannel;
  /**
   * The colour of what lies outside the picture, the disc or a padded box, in pixel units (0 to 255).
   * With one channel its luma counts.
   */
  readonly fill: PerChannel;
  /** 1: colours become their BT.601 luma. 3: grey is repeated. */
  readonly channels: 1 | 3;
  /** Whether boxes have 5 values: centre x, centre y, width, height, angle in radians from x towards y. Default: false. */
  readonly rotated?: boolean;
  /**
   * What becomes of a box that is no square. `stretch` (default): each side fills its side of the crop. `grow`: the shorter
   * side takes more of the picture, on both ends. `pad`: the box stays what it is, and the rest of the square is fill.
   */
  readonly squaring?: 'stretch' | 'grow' | 'pad';
  /** Diameter of a centred disc in crop pixels, to 4096; pixels whose centre lies outside become `fill`. Default: no disc. */
  readonly discPx?: number;
  /** For tests and measurements. Default: the fastest that this processor has. */
  readonly path?: CropPath;
}

/** The tensor that a call fills; its type says what is stored. Uint16Array: IEEE half precision. Uint8Array: rounded, clamped. */
export type CropTensor = Float32Array | Uint16Array | Uint8Array;

const maxBoxes = 256;
const maxBoxPx = 65_536;
const maxRotatedShrink = 32;
const squarings = ['stretch', 'grow', 'pad'] as const;
const pathNumbers = { scalar: 1, avx2: 2, neon: 3 } as const satisfies Record<CropPath, number>;

const refused = (what: string) => new CupcheckError('NATIVE_ARGUMENT', what);

/** Every option there is: a misspelt one is refused, not ignored. */
const optionNames: ReadonlySet<string> = new Set<keyof CropOptions>([
  'width',
  'height',
  'mean',
  'std',
  'fill',
  'channels',
  'rotated',
  'squaring',
  'discPx',
  'path',
]);

function requireBoxes(boxes: Float32Array, { width, height, rotated = false, squaring }: CropOptions): number {
  const values = rotated ? 5 : 4;
  if (!(boxes instanceof Float32Array) || boxes.length % values !== 0 || boxes.length > values * maxBoxes)
    throw refused(`Boxes are a Float32Array of ${values} values each, at most ${maxBoxes} of them`);
  for (let i = 0; i < boxes.length; i += values) {
    let inBounds = true;
    for (let k = i; k < i + values; k++) inBounds &&= Math.abs(boxes[k] ?? Number.NaN) <= maxBoxPx;
    const boxWidth = boxes[i + 2] ?? 0;
    const boxHeight = boxes[i + 3] ?? 0;
    const shown = () => `Box ${i / values} is (${boxes.subarray(i, i + values).join(', ')})`;
    if (!inBounds || boxWidth <= 0 || boxHeight <= 0) throw refused(`${shown()}: not finite, empty or too far out`);
    if (!rotated) continue;
    const longer = Math.max(boxWidth, boxHeight);
    const squared = squaring !== undefined && squaring !== 'stretch';
    if (
      (squared ? longer : boxWidth) > maxRotatedShrink * width ||
      (squared ? longer : boxHeight) > maxRotatedShrink * height
    )
      throw refused(`${shown()}: rotated, it may be at most ${maxRotatedShrink} times as large as its crop`);
  }
  return boxes.length / values;
}

function requireTriple(name: string, value: PerChannel, oneOnly: boolean): readonly [number, number, number] {
  if (typeof value === 'number' && Number.isFinite(value)) return [value, value, value];
  if (!oneOnly && typeof value !== 'number' && value.length === 3 && value.every(Number.isFinite)) return value;
  const wanted = oneOnly ? 'a finite number' : 'a finite number or three of them';
  throw refused(`The ${name} of a crop is ${String(value)}, not ${wanted}`);
}

type AddonArguments = Parameters<Addon['cropResize']>;

function checkedArguments(frame: RawFrame, boxes: Float32Array, options: CropOptions, out: CropTensor): AddonArguments {
  for (const name of Object.keys(options)) if (!optionNames.has(name)) throw refused(`A crop has no option ${name}`);
  const { width, height, channels, rotated = false, squaring = 'stretch', discPx = 0, path } = options;
  const pixels = frameArguments(frame);
  requireWhole('The width of a crop', width, 1, 2048);
  requireWhole('The height of a crop', height, 1, 2048);
  if (channels !== 1 && channels !== 3) throw refused(`A crop has ${String(channels)} channels, not 1 or 3`);
  const mean = requireTriple('mean', options.mean, channels === 1);
  const std = requireTriple('std', options.std, channels === 1);
  const fill = requireTriple('fill', options.fill, false);
  if (std.some((value) => !Number.isFinite(Math.fround(1 / Math.fround(value)))))
    throw refused(`The std of a crop is ${std.join(', ')}: too near 0`);
  if (typeof rotated !== 'boolean') throw refused(`rotated is ${String(rotated)}, not true or false`);
  const squaringNumber = squarings.indexOf(squaring);
  if (squaringNumber < 0) throw refused(`The squaring of a crop is ${squaring}, not ${squarings.join(', ')}`);
  if (!(options.discPx === undefined || (discPx > 0 && discPx <= 4096)))
    throw refused(`The disc of a crop is ${discPx} pixels wide, not above 0 to 4096`);
  if (path !== undefined && !Object.hasOwn(pathNumbers, path))
    throw refused(`The path is ${path}, not ${Object.keys(pathNumbers).join(', ')}`);
  const values = requireBoxes(boxes, options) * channels * height * width;
  const typed = out instanceof Float32Array || out instanceof Uint16Array || out instanceof Uint8Array;
  if (!typed || out.length !== values)
    throw refused(`The crops need a Float32Array, Uint16Array or Uint8Array of exactly ${values} values`);
  return [
    ...pixels,
    boxes,
    rotated ? 1 : 0,
    squaringNumber,
    width,
    height,
    channels,
    ...mean,
    ...std,
    ...fill,
    discPx,
    path === undefined ? 0 : pathNumbers[path],
    out,
  ];
}

/**
 * Cuts boxes out of a frame and resizes them, on the calling thread, into a tensor that the caller owns.
 *
 * `boxes` holds n × (x, y, width, height) in pixels, fractions allowed (with `rotated`, 5 values each); at most 256, values
 * within ±65,536. A box may leave the picture, which is thought to go on for ever with the colour `fill`. `out` takes
 * exactly n × channels × height × width values.
 *
 * Upright boxes, each axis for itself: where the box shrinks, every value is the exact mean over its span of the source,
 * fractional ends included; where it grows, it is linear between pixel centres (output centre i lies at
 * x + (i + 0.5) × boxWidth / width). Rotated boxes: the mean of kx × ky samples, each linear between the four pixel centres
 * about it, on an even grid within the output pixel; kx = ⌈box width / width⌉, so that a source pixel is rarely missed; a
 * rotated box may be at most 32 times as large as its crop. YUV frames are filtered as they are, each pixel with the
 * colour of its pair, and the result is converted (BT.601) and clamped: no picture is made in between.
 *
 * Working memory belongs to the thread: under 3 MiB, kept for the next call, and nothing else is allocated natively.
 * Errors: NATIVE_ARGUMENT, also for a path that this processor lacks; `out` is untouched then.
 */
export function cropResize(frame: RawFrame, boxes: Float32Array, options: CropOptions, out: CropTensor): void {
  const passed = checkedArguments(frame, boxes, options, out);
  callNative((addon) => addon.cropResize(...passed));
}

/**
 * `cropResize` on a thread of libuv's pool. Boxes and options are copied at once. Until the promise settles the frame's
 * memory and `out` are in use: they are kept from the garbage collector, but the caller must not write to them, transfer
 * or resize them, or give the frame back to its ring. On an error that is found at once, `out` is untouched.
 */
export async function cropResizeAsync(
  frame: RawFrame,
  boxes: Float32Array,
  options: CropOptions,
  out: CropTensor,
): Promise<void> {
  const passed = checkedArguments(frame, boxes, options, out);
  await callNative((addon) => addon.cropResizeAsync(...passed)).catch((cause: unknown) => {
    throw nativeError(cause);
  });
}

/** The paths that this processor has, the one that is used first. */
export function cropPaths(): readonly CropPath[] {
  const fastest = callNative((addon) => addon.cropPath(0));
  return Object.entries(pathNumbers)
    .filter(([, number]) => callNative((addon) => addon.cropPath(number)) !== null)
    .map(([name]) => name as CropPath)
    .toSorted((a, b) => Number(b === fastest) - Number(a === fastest));
}

/** The BT.601 luma of a picture, rows not padded; a grey picture is copied. Errors: NATIVE_ARGUMENT. */
export function toGrey(picture: Picture): Picture {
  const pixels = pixelArguments(picture);
  const { width, height } = picture;
  const data = new Uint8Array(width * height);
  callNative((addon) => addon.toGrey(...pixels, data));
  return { width, height, format: 'grey', stride: width, data };
}

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { CupcheckError, isErrorCode } from '../errors.js';
import type { CapturedFrame, CaptureState, DeviceDescription } from './v4l2.js';

/** A mapped frame ring as the addon hands it over; `map` begins with the ring's own header. */
export interface RingMap {
  readonly map: ArrayBuffer;
  readonly fd: number;
  readonly slots: number;
  readonly slotBytes: number;
  readonly slotStride: number;
  readonly dataOffset: number;
}

export interface SlotState {
  /** 0: never written; odd: being written. */
  readonly generation: number;
  readonly bytes: number;
}

/** A line of a GPIO chip; `consumer` is who has it, empty where it is free or its user gave no name. */
export interface FoundLine {
  readonly path: string;
  readonly chip: string;
  readonly label: string;
  readonly offset: number;
  readonly name: string;
  readonly used: boolean;
  readonly consumer: string;
}

/** An edge of a line, on CLOCK_MONOTONIC; its number follows that of the edge before. */
export interface LineEdge {
  readonly atNs: bigint;
  readonly active: boolean;
  readonly seq: number;
}

type Pixels = [data: Uint8Array, width: number, height: number, stride: number, channels: 1 | 3];

type Triple = [red: number, green: number, blue: number];

type CropArguments = [
  data: Uint8Array,
  width: number,
  height: number,
  stride: number,
  format: number,
  boxes: Float32Array,
  kind: number,
  squaring: number,
  cropWidth: number,
  cropHeight: number,
  channels: number,
  ...mean: Triple,
  ...std: Triple,
  ...fill: Triple,
  disc: number,
  path: number,
  out: Float32Array | Uint16Array | Uint8Array,
];

declare const capture: unique symbol;

/** A capture inside the addon. */
export interface CaptureHandle {
  readonly [capture]: true;
}

/** Capture by V4L2; `v4l2.ts` says what the functions do. */
export interface CaptureAddon {
  startCapture(
    map: ArrayBuffer,
    path: string,
    source: number,
    width: number,
    height: number,
    rate: number,
    controls: string,
    buffers: number,
    silenceMs: number,
    firstSeq: number,
    news: () => void,
  ): CaptureHandle;
  stopCapture(handle: CaptureHandle): void;
  closeCapture(handle: CaptureHandle): void;
  wantFrame(handle: CaptureHandle, afterNs: bigint, slot: number): number;
  giveUpFrame(handle: CaptureHandle, want: number): boolean;
  takeFrame(handle: CaptureHandle): CapturedFrame | null;
  captureState(handle: CaptureHandle): CaptureState;
  /** seen, missed, damaged, implausible, newest stamp, last number */
  captureCounts(handle: CaptureHandle, out: BigInt64Array): void;
  describeDevice(path: string): DeviceDescription;
}

/** The functions of build/Release/cupcheck.node. They take plain values only; their fronts in this folder say what they do. */
export interface Addon extends CaptureAddon {
  createRing(slots: number, slotBytes: number): RingMap;
  attachRing(fd: number): RingMap;
  closeRing(map: ArrayBuffer, fd: number): void;
  writeRing(map: ArrayBuffer, slot: number, bytes: Uint8Array): SlotState;
  slotState(map: ArrayBuffer, slot: number): SlotState;
  /** Sides of the picture at 1/scale. */
  jpegSize(bytes: Uint8Array, scale: number): { readonly width: number; readonly height: number };
  /** Into the first width × height × channels bytes of `out`, which may be longer. */
  decodeJpeg(
    bytes: Uint8Array,
    channels: 1 | 3,
    scale: number,
    out: Uint8Array,
  ): { readonly width: number; readonly height: number };
  decodeJpegAsync(
    bytes: Uint8Array,
    channels: 1 | 3,
    scale: number,
    out: Uint8Array,
  ): Promise<{ readonly width: number; readonly height: number }>;
  encodeJpeg(...picture: [...Pixels, quality: number]): Buffer;
  cropResize(...crop: CropArguments): void;
  cropResizeAsync(...crop: CropArguments): Promise<void>;
  /** 0: the fastest. `null`: this processor lacks it. */
  cropPath(path: number): string | null;
  toGrey(...picture: [...Pixels, out: Uint8Array]): void;
  glance(
    ...picture: [
      ...Pixels,
      step: number,
      light: Float64Array,
      shrink: number,
      columns: number,
      rows: number,
      thumb: Float32Array,
    ]
  ): void;
  changeBetween(a: Float32Array, b: Float32Array, columns: number, rows: number): number;
  discLights(...picture: [...Pixels, ellipses: Float64Array, scale: number, out: Float64Array]): void;
  discFocus(
    ...picture: [...Pixels, cx: number, cy: number, major: number, minor: number, angleRad: number, scale: number]
  ): number;
  differenceFromEmpty(
    now: Float32Array,
    before: Float32Array,
    width: number,
    height: number,
    columns: number,
    rows: number,
    mean: number,
    std: number,
    covered: Uint8Array,
    marked: Uint8Array,
  ): void;
  steepestStep(scene: Float32Array, width: number, height: number, columns: number, rows: number): number;
  findRims(...picture: [...Pixels, circles: Float64Array, out: Float64Array]): void;
  gpioFind(chip: string, line: string): FoundLine;
  gpioInput(offset: number, activeLow: 0 | 1, bias: number, debounceUs: number, path: string): number;
  gpioOutputs(offsets: Float64Array, activeLow: number, drive: number, path: string): number;
  gpioDrive(fd: number, count: number, bits: number): void;
  gpioRead(fd: number, count: number): number;
  /** Calls `told` until `stop`, which it returns; nothing follows an error. */
  gpioWatch(fd: number, told: (error: Error | null, edges: readonly LineEdge[] | null) => void): () => void;
  gpioClose(fd: number): void;
  lockFile(fd: number): boolean;
}

let loaded: Addon | undefined;

function load(): Addon {
  // The same two steps up from src/native/ and from dist/native/.
  const file = fileURLToPath(new URL('../../build/Release/cupcheck.node', import.meta.url));
  try {
    return createRequire(import.meta.url)(file) as Addon;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new CupcheckError('NATIVE_UNAVAILABLE', `The native addon ${file} does not load: ${reason}`, { cause });
  }
}

/** What the addon threw, as an error of ours under the code that it carries. */
export function nativeError(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const code = 'code' in cause && isErrorCode(cause.code) ? cause.code : 'INTERNAL';
  return new CupcheckError(code, cause.message, { cause });
}

/** The kernel's error number behind one of our errors; `null` where there is none. */
export function errnoOf(error: unknown): number | null {
  const cause = error instanceof CupcheckError ? error.cause : null;
  return cause instanceof Error && 'errno' in cause && typeof cause.errno === 'number' ? cause.errno : null;
}

/**
 * Calls the addon, which is loaded at the first call.
 * Errors: NATIVE_UNAVAILABLE, and the addon's own errors under the codes that they carry.
 */
export function callNative<T>(call: (addon: Addon) => T): T {
  loaded ??= load();
  try {
    return call(loaded);
  } catch (cause) {
    throw nativeError(cause);
  }
}

/** Throws NATIVE_ARGUMENT unless `value` is a whole number within the bounds. */
export function requireWhole(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new CupcheckError('NATIVE_ARGUMENT', `${name} is ${value}, not a whole number from ${low} to ${high}`);
}

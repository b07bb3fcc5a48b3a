import { type CaptureAddon, type CaptureHandle, callNative, nativeError } from './addon.js';
import type { FrameRing, LentRing } from './frame-ring.js';

/** The pixel formats that capture takes, as the addon numbers them. */
export const captureFormats = ['mjpeg', 'yuyv', 'nv12', 'grey'] as const;
export type CaptureFormat = (typeof captureFormats)[number];

/** How a frame of that format lies in the ring. */
export function ringLayout(
  format: CaptureFormat,
  width: number,
): { encoding: 'jpeg' | 'rgb' | 'grey'; stride: number } {
  if (format === 'mjpeg') return { encoding: 'jpeg', stride: 0 };
  return format === 'grey' ? { encoding: 'grey', stride: width } : { encoding: 'rgb', stride: width * 3 };
}

/** What is asked of the driver; what it does not take is an error. */
export interface CaptureMode {
  /** `/dev/video0`, or a stable name below `/dev/v4l`. */
  readonly device: string;
  readonly format: CaptureFormat;
  /** Pixels, 64 to 8192; even where two pixels share a colour (yuyv, nv12). */
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** `name=value`, set in this order. */
  readonly controls: readonly string[];
  /** So long without a frame, and the camera counts as gone, ms. */
  readonly silenceMs: number;
}

/** What the driver agreed to. */
export interface OpenedDevice {
  readonly driver: string;
  readonly card: string;
  readonly bus: string;
  /** Frames a second; 0 where the driver has no rate to set. */
  readonly rate: number;
  /** `unknown`: the driver does not tell. */
  readonly exposure: 'fixed' | 'automatic' | 'unknown';
  /** 0 unless it is fixed. */
  readonly exposureNs: bigint;
}

export interface CaptureState {
  /** `null` while the device is being opened, and where that failed. */
  readonly opened: OpenedDevice | null;
  readonly ended: boolean;
  /** Why it ended; `null` where it was stopped. Codes: CAMERA_GONE, CAMERA_SETUP, CAMERA_CLOCK. */
  readonly error: Error | null;
}

/** The answer to a want: a frame in its slot, or an error. */
export interface CapturedFrame {
  readonly want: number;
  readonly slot: number;
  readonly error: Error | null;
  readonly generation: number;
  readonly bytes: number;
  readonly seq: number;
  /** As the driver stamped it, CLOCK_MONOTONIC. */
  readonly stampNs: bigint;
}

export interface CaptureCounts {
  readonly seen: number;
  readonly missed: number;
  readonly damaged: number;
  readonly implausible: number;
  /** The newest good stamp; 0 before the first. */
  readonly newestNs: bigint;
  readonly lastSeq: number;
}

/** A device, its formats and its controls. */
export interface DeviceDescription {
  readonly driver: string;
  readonly card: string;
  readonly bus: string;
  readonly modes: readonly {
    /** As the kernel names it: MJPG, YUYV, NV12, GREY, … */
    readonly format: string;
    readonly width: number;
    readonly height: number;
    readonly rates: readonly number[];
  }[];
  readonly controls: readonly {
    readonly name: string;
    readonly value: number;
    readonly low: number;
    readonly high: number;
    readonly step: number;
    /** Of a menu, "1: Manual Mode". */
    readonly entries: readonly string[];
  }[];
}

/** How the addon is called; tests give one that has a driver of their own. */
export type CallCapture = <T>(call: (addon: CaptureAddon) => T) => T;

/** Errors: CAMERA_GONE, CAMERA_SETUP (no camera, no right to open it). */
export const describeDevice = (path: string, call: CallCapture = callNative): DeviceDescription =>
  call((addon) => addon.describeDevice(path));

/** A driver's buffers: a frame waits in one of them while another is filled. */
const buffers = 4;

/**
 * One V4L2 device, streaming on a thread of the addon from `start` until it ends: because it was stopped, or because the
 * device failed. Each want brings a slot of the ring; a frame that suits it is written there, converted to RGB or grey
 * where it is no JPEG. `news` is called on the event loop when there is something to look at: a state, or a frame.
 */
export class Capture {
  readonly #call: CallCapture;
  readonly #ring: LentRing;
  readonly #handle: CaptureHandle;
  readonly #counts = new BigInt64Array(6);
  #open = true;

  private constructor(call: CallCapture, ring: LentRing, handle: CaptureHandle) {
    this.#call = call;
    this.#ring = ring;
    this.#handle = handle;
  }

  /** Returns at once; the device is opened on the thread. Errors: NATIVE_ARGUMENT, NATIVE_UNAVAILABLE. */
  static start(
    mode: CaptureMode,
    ring: FrameRing,
    firstSeq: number,
    news: () => void,
    call: CallCapture = callNative,
  ): Capture {
    const lent = ring.lend();
    const { device, format, width, height, fps, controls, silenceMs } = mode;
    const source = captureFormats.indexOf(format);
    try {
      const handle = call((addon) =>
        addon.startCapture(
          lent.map,
          device,
          source,
          width,
          height,
          fps,
          controls.join('\n'),
          buffers,
          silenceMs,
          firstSeq,
          news,
        ),
      );
      return new Capture(call, lent, handle);
    } catch (error) {
      lent.giveBack();
      throw error;
    }
  }

  state(): CaptureState {
    const { opened, ended, error } = this.#call((addon) => addon.captureState(this.#handle));
    return { opened, ended, error: error === null ? null : (nativeError(error) as Error) };
  }

  counts(): CaptureCounts {
    this.#call((addon) => addon.captureCounts(this.#handle, this.#counts));
    const [seen = 0n, missed = 0n, damaged = 0n, implausible = 0n, newestNs = 0n, lastSeq = 0n] = this.#counts;
    return {
      seen: Number(seen),
      missed: Number(missed),
      damaged: Number(damaged),
      implausible: Number(implausible),
      newestNs,
      lastSeq: Number(lastSeq),
    };
  }

  /**
   * Asks for the first frame stamped after `afterNs`, into a slot that nobody else holds.
   * @returns the number of the want. Errors: NATIVE_ARGUMENT, RING_FULL (64 wait already).
   */
  want(afterNs: bigint, slot: number): number {
    return this.#call((addon) => addon.wantFrame(this.#handle, afterNs, slot));
  }

  /** Whether the want's slot is free now; where it is not, `take` will still give it. */
  giveUp(want: number): boolean {
    return this.#call((addon) => addon.giveUpFrame(this.#handle, want));
  }

  /** The next answered want; `null` where there is none. */
  take(): CapturedFrame | null {
    const taken = this.#call((addon) => addon.takeFrame(this.#handle));
    if (taken === null || taken.error === null) return taken;
    return { ...taken, error: nativeError(taken.error) as Error };
  }

  /** Asks the thread to end; `news` is called when it has. */
  stop(): void {
    this.#call((addon) => addon.stopCapture(this.#handle));
  }

  /** Waits for the thread, at most a moment once `state().ended`, and gives the ring back. Closing twice is harmless. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#call((addon) => addon.closeCapture(this.#handle));
    this.#ring.giveBack();
  }
}

import type { Camera, CameraState, Clock, HeldFrame } from '../../daemon/ports.js';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import type { FrameRing } from '../../native/frame-ring.js';
import {
  type CallCapture,
  Capture,
  type CaptureCounts,
  type CapturedFrame,
  type CaptureMode,
  type OpenedDevice,
  ringLayout,
} from '../../native/v4l2.js';
import { type WaitingCall, waitingCall } from './waiting-call.js';

const nsPerMs = 1_000_000n;

/**
 * How long before its stamp a frame's exposure may have begun: the worst that was measured, with the exposure itself.
 * `unknown`: why nothing is known of it.
 */
export type StampLag = { readonly lagNs: bigint } | { readonly unknown: string };

export interface V4l2CameraOptions {
  readonly ring: FrameRing;
  readonly clock: Clock;
  readonly mode: CaptureMode;
  /** Asked whenever the device was opened, as it may be another one. */
  readonly lagOf: (device: OpenedDevice) => StampLag;
  /** Pause before the device is opened again; it doubles up to `maxRetryMs`. */
  readonly retryMs?: number;
  readonly maxRetryMs?: number;
  /** How the addon is called; tests give one that has a driver of their own. */
  readonly call?: CallCapture;
}

interface Waiter extends WaitingCall {
  readonly slot: number;
  /** Its frame, if it still comes, is for nobody. */
  givenUp: boolean;
}

const none: CaptureCounts = { seen: 0, missed: 0, damaged: 0, implausible: 0, newestNs: 0n, lastSeq: -1 };

/**
 * A camera behind the kernel's V4L2. A thread of the addon keeps its queue drained and writes the frames that somebody
 * waits for into the ring; each waiting call holds a slot from its beginning. A device that fails is opened again, with
 * pauses that grow, until `stop`.
 */
export class V4l2Camera implements Camera {
  readonly #options: V4l2CameraOptions;
  readonly #listeners = new Set<(state: CameraState) => void>();
  readonly #waiters = new Map<number, Waiter>();
  #state: CameraState = 'stopped';
  #closed = gone('it was not started');
  #problem: CupcheckError | null = null;
  #lag: StampLag = { unknown: 'the camera was not opened yet' };
  #capture: Capture | null = null;
  /** Of the captures that have ended. */
  #before = none;
  #newestNs: bigint | null = null;
  #running = new AbortController();
  /** Ends when the present run of the camera has; `null` while it is stopped. */
  #run: Promise<void> | null = null;
  #tellEnd: (() => void) | null = null;

  constructor(options: V4l2CameraOptions) {
    this.#options = options;
  }

  get state(): CameraState {
    return this.#state;
  }

  get problem(): CupcheckError | null {
    return this.#problem;
  }

  get unproven(): string | null {
    return 'unknown' in this.#lag ? this.#lag.unknown : null;
  }

  get newestNs(): bigint | null {
    const { newestNs } = this.#countsNow();
    if (newestNs !== 0n) this.#newestNs = newestNs - this.#lagNs();
    return this.#newestNs;
  }

  get framesSeen(): number {
    return this.#counts().seen;
  }

  get framesMissed(): number {
    return this.#counts().missed;
  }

  get framesDamaged(): number {
    return this.#counts().damaged + this.#counts().implausible;
  }

  /** A camera that is not there is no error: it is `gone`, and streams once it can be opened. */
  async start(): Promise<void> {
    if (this.#running.signal.aborted) await this.stop();
    if (this.#run !== null) return;
    this.#running = new AbortController();
    this.#run = this.#keepOpen(this.#running.signal);
  }

  async stop(): Promise<void> {
    const run = this.#run;
    if (run === null) return;
    this.#running.abort(gone('it was stopped'));
    this.#closed = gone('it was stopped');
    this.#rejectAll(this.#closed);
    this.#capture?.stop();
    await run;
    if (this.#run !== run) return;
    this.#run = null;
    this.#become('stopped', null);
  }

  async after(ns: bigint, signal: AbortSignal): Promise<HeldFrame> {
    const capture = this.#capture;
    signal.throwIfAborted();
    if (this.#state !== 'streaming' || capture === null || this.#running.signal.aborted) throw this.#closed;
    const { ring } = this.#options;
    const slot = ring.acquire();
    if (slot === null)
      throw new CupcheckError('RING_FULL', `all ${String(ring.slots)} slots of the frame ring are held`);
    const want = this.#want(capture, ns + this.#lagNs(), slot);
    const call = waitingCall(signal, () => this.#giveUp(capture, want));
    this.#waiters.set(want, { ...call, slot, givenUp: false });
    return call.frame;
  }

  onState(listener: (state: CameraState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The number of a new want; where there is none, its slot is given back. */
  #want(capture: Capture, afterNs: bigint, slot: number): number {
    try {
      return capture.want(afterNs, slot);
    } catch (error) {
      this.#options.ring.release(slot);
      throw error;
    }
  }

  /** Opens the device, and opens it again whenever it has failed. */
  async #keepOpen(signal: AbortSignal): Promise<void> {
    const { clock, retryMs = 200, maxRetryMs = 5000 } = this.#options;
    for (let pauseMs = retryMs; ; pauseMs = Math.min(pauseMs * 2, maxRetryMs)) {
      const { error, streamed } = await this.#stream();
      if (signal.aborted) return;
      if (streamed) pauseMs = retryMs;
      this.#closed = asGone(error);
      this.#rejectAll(this.#closed);
      this.#become('gone', error);
      await clock.until(clock.nowNs() + BigInt(pauseMs) * nsPerMs, signal).catch(() => null);
      if (signal.aborted) return;
    }
  }

  /** One capture, from opening the device to its end. */
  async #stream(): Promise<{ readonly error: CupcheckError; readonly streamed: boolean }> {
    const { mode, ring, call } = this.#options;
    const ended = new Promise<void>((resolve) => {
      this.#tellEnd = resolve;
    });
    try {
      this.#capture = Capture.start(mode, ring, this.#before.lastSeq + 1, () => this.#look(), call);
    } catch (error) {
      return { error: asCupcheckError(error), streamed: false };
    }
    const capture = this.#capture;
    await ended;
    const { opened, error } = capture.state();
    this.#before = this.#counts();
    this.#capture = null;
    capture.close();
    this.#releaseAll();
    return { error: error === null ? gone('it was stopped') : asCupcheckError(error), streamed: opened !== null };
  }

  /** Something is new in the capture. */
  #look(): void {
    const capture = this.#capture;
    if (capture === null) return;
    const { opened, ended } = capture.state();
    if (opened !== null && this.#state !== 'streaming' && !this.#running.signal.aborted && !ended) {
      this.#lag = this.#options.lagOf(opened);
      this.#become('streaming', null);
    }
    for (let taken = capture.take(); taken !== null; taken = capture.take()) this.#hand(taken);
    if (ended) this.#tellEnd?.();
  }

  #hand(taken: CapturedFrame): void {
    const waiter = this.#waiters.get(taken.want);
    if (waiter === undefined) return;
    this.#waiters.delete(taken.want);
    const { ring, mode } = this.#options;
    if (waiter.givenUp || taken.error !== null) {
      ring.release(waiter.slot);
      if (taken.error !== null) waiter.reject(taken.error);
      return;
    }
    const { slot, generation, bytes, seq, stampNs } = taken;
    const { encoding, stride } = ringLayout(mode.format, mode.width);
    const [width, height] = encoding === 'jpeg' ? [0, 0] : [mode.width, mode.height];
    const exposedNs = 'unknown' in this.#lag ? null : stampNs - this.#lag.lagNs;
    const release = this.#releaser(slot);
    waiter.resolve({ slot, generation, bytes, encoding, width, height, stride, stamp: { seq, exposedNs }, release });
  }

  #giveUp(capture: Capture, want: number): void {
    const waiter = this.#waiters.get(want);
    if (waiter === undefined) return;
    waiter.givenUp = true;
    if (this.#capture !== capture || !capture.giveUp(want)) return;
    this.#waiters.delete(want);
    this.#options.ring.release(waiter.slot);
  }

  /** The calls end now; their slots are free once the thread cannot write into them any more. */
  #rejectAll(reason: CupcheckError): void {
    for (const waiter of this.#waiters.values()) {
      waiter.givenUp = true;
      waiter.reject(reason);
    }
    if (this.#capture === null) this.#releaseAll();
  }

  #releaseAll(): void {
    for (const [want, waiter] of this.#waiters) {
      if (!waiter.givenUp) continue;
      this.#waiters.delete(want);
      this.#options.ring.release(waiter.slot);
    }
  }

  #releaser(slot: number): () => void {
    let held = true;
    return () => {
      if (held) this.#options.ring.release(slot);
      held = false;
    };
  }

  #become(state: CameraState, problem: CupcheckError | null): void {
    const same = state === this.#state && problem?.message === this.#problem?.message;
    this.#state = state;
    this.#problem = problem;
    if (same) return;
    for (const listener of this.#listeners) listener(state);
  }

  #lagNs(): bigint {
    return 'unknown' in this.#lag ? 0n : this.#lag.lagNs;
  }

  #countsNow(): CaptureCounts {
    return this.#capture?.counts() ?? none;
  }

  #counts(): CaptureCounts {
    const [before, now] = [this.#before, this.#countsNow()];
    return {
      seen: before.seen + now.seen,
      missed: before.missed + now.missed,
      damaged: before.damaged + now.damaged,
      implausible: before.implausible + now.implausible,
      newestNs: now.newestNs,
      lastSeq: now.seen > 0 ? now.lastSeq : before.lastSeq,
    };
  }
}

function gone(why: string): CupcheckError {
  return new CupcheckError('CAMERA_GONE', `the camera gives no frames: ${why}`);
}

/** What a call of `after` is told: whatever the cause, there is no camera to wait for. */
function asGone(error: CupcheckError): CupcheckError {
  if (error.code === 'CAMERA_GONE') return error;
  return new CupcheckError('CAMERA_GONE', error.message, { cause: error });
}

import type { Camera, CameraState, Clock, HeldFrame } from '../../daemon/ports.js';
import { CupcheckError } from '../../errors.js';
import type { FrameRing } from '../../native/frame-ring.js';
import { darkened } from './darkened.js';
import { FrameQueue, type OfferedFrame } from './frame-queue.js';

const nsPerMs = 1_000_000n;

export interface ReplayCameraOptions {
  readonly ring: FrameRing;
  readonly clock: Clock;
  /** Frames a second, 1 to 120. */
  readonly fps: number;
  /** JPEG of the empty cup, or of the place without one. */
  readonly empty: Uint8Array;
}

/** What is wrong with the simulated camera. */
type Disturbance =
  | { readonly kind: 'none' | 'frozen' | 'halted' | 'dark' | 'truncated' }
  | { readonly kind: 'stale'; readonly lagNs: bigint };

/**
 * A simulated camera that shows pictures in real time. What lies under it is a JPEG: `show` and `showEmpty` change it.
 * A frame is exposed at one tick and comes at the next, as a sensor is read out; so the first frame to come after a
 * change still shows what was there before, with the stamp that says so.
 *
 * Faults on demand, until `normal`: `freeze`, `stale`, `darken`, `halt`, `truncate`. `unplug` lasts until `replug`.
 */
export class ReplayCamera implements Camera {
  readonly #options: ReplayCameraOptions;
  readonly #queue: FrameQueue;
  readonly #listeners = new Set<(state: CameraState) => void>();
  readonly #periodNs: bigint;
  #state: CameraState = 'stopped';
  #problem: CupcheckError | null = null;
  #started = false;
  #plugged = true;
  #scene: Uint8Array;
  #disturbance: Disturbance = { kind: 'none' };
  #seq = 0;
  #exposed: OfferedFrame | null = null;
  #ticking = new AbortController();

  /** Errors: CONFIG_INVALID, PICTURE_SIZE. */
  constructor(options: ReplayCameraOptions) {
    if (!(options.fps >= 1 && options.fps <= 120)) {
      throw new CupcheckError('CONFIG_INVALID', `camera.fps is ${options.fps}, allowed is 1 to 120`);
    }
    this.#options = options;
    this.#periodNs = BigInt(Math.round(1e9 / options.fps));
    this.#queue = new FrameQueue(options.ring, options.clock, gone('it was not started'));
    this.#scene = this.#fitting(options.empty);
  }

  get state(): CameraState {
    return this.#state;
  }

  get problem(): CupcheckError | null {
    return this.#problem;
  }

  /** The moment of a simulated exposure is known. */
  readonly unproven = null;
  /** What is broken in a picture that was shown, only its decoder can tell. */
  readonly framesDamaged = 0;

  get newestNs(): bigint | null {
    return this.#queue.newestNs;
  }

  get framesSeen(): number {
    return this.#queue.seen;
  }

  get framesMissed(): number {
    return this.#queue.missed;
  }

  /** Starting an unplugged camera is no error: it is `gone`, and streams once it is plugged in. */
  start(): Promise<void> {
    if (!this.#started) {
      this.#started = true;
      this.#plug();
    }
    return Promise.resolve();
  }

  stop(): Promise<void> {
    if (this.#started) {
      this.#started = false;
      this.#end('stopped', gone('it was stopped'));
    }
    return Promise.resolve();
  }

  after(ns: bigint, signal: AbortSignal): Promise<HeldFrame> {
    return this.#queue.after(ns, signal);
  }

  onState(listener: (state: CameraState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Puts a picture under the camera. The bytes need not be a good JPEG, but must fit a slot.
   * Errors: PICTURE_SIZE; PICTURE_CORRUPT where they have to be darkened and cannot be.
   */
  show(jpeg: Uint8Array): void {
    const scene = this.#fitting(jpeg);
    if (this.#disturbance.kind === 'dark') darkened(scene);
    this.#scene = scene;
  }

  showEmpty(): void {
    this.show(this.#options.empty);
  }

  /** Frames keep coming, always the same one with its old stamp. */
  freeze(): void {
    this.#disturbance = { kind: 'frozen' };
  }

  /** The stamps lag by `lagMs`, as where a driver's queue is not drained. */
  stale(lagMs: number): void {
    this.#disturbance = { kind: 'stale', lagNs: BigInt(Math.round(lagMs)) * nsPerMs };
  }

  /** No frames come, though the camera is there. */
  halt(): void {
    this.#disturbance = { kind: 'halted' };
  }

  /** The pictures are almost black: the lamp is out. Errors: PICTURE_CORRUPT. */
  darken(): void {
    darkened(this.#scene);
    this.#disturbance = { kind: 'dark' };
  }

  /** The pictures end half-way: a bad cable. */
  truncate(): void {
    this.#disturbance = { kind: 'truncated' };
  }

  normal(): void {
    this.#disturbance = { kind: 'none' };
  }

  unplug(): void {
    this.#plugged = false;
    if (this.#state === 'streaming') this.#end('gone', gone('it was unplugged'));
  }

  replug(): void {
    this.#plugged = true;
    if (this.#state === 'gone') this.#plug();
  }

  #plug(): void {
    if (!this.#plugged) {
      this.#end('gone', gone('it is not plugged in'));
      return;
    }
    this.#queue.open();
    this.#problem = null;
    this.#ticking = new AbortController();
    void this.#stream(this.#ticking.signal);
    this.#become('streaming');
  }

  #end(state: CameraState, reason: CupcheckError): void {
    this.#ticking.abort();
    this.#exposed = null;
    this.#queue.close(reason);
    this.#problem = state === 'gone' ? reason : null;
    this.#become(state);
  }

  #become(state: CameraState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  /** Ticks at whole periods from now; a tick that this process slept through is a frame that was lost. */
  async #stream(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const startNs = clock.nowNs();
    for (let tick = 0n; !signal.aborted; ) {
      this.#tick(clock.nowNs());
      const next = (clock.nowNs() - startNs) / this.#periodNs + 1n;
      this.#seq += Number(next - tick) - 1;
      tick = next;
      await clock.until(startNs + tick * this.#periodNs, signal).catch(() => null);
    }
  }

  #tick(nowNs: bigint): void {
    const { kind } = this.#disturbance;
    if (this.#exposed !== null && kind !== 'halted') this.#queue.offer(this.#exposed);
    this.#seq++;
    if (kind === 'frozen' && this.#exposed !== null) {
      const { exposedNs } = this.#exposed.stamp;
      this.#exposed = { ...this.#exposed, stamp: { seq: this.#seq, exposedNs } };
    } else {
      this.#exposed = this.#expose(nowNs);
    }
  }

  #expose(nowNs: bigint): OfferedFrame {
    const lagNs = this.#disturbance.kind === 'stale' ? this.#disturbance.lagNs : 0n;
    const stamp = { seq: this.#seq, exposedNs: nowNs - lagNs };
    return { encoding: 'jpeg', width: 0, height: 0, stride: 0, stamp, bytes: this.#picture() };
  }

  #picture(): Uint8Array {
    const { kind } = this.#disturbance;
    if (kind === 'dark') return darkened(this.#scene);
    if (kind === 'truncated') return this.#scene.subarray(0, Math.ceil(this.#scene.length / 2));
    return this.#scene;
  }

  #fitting(jpeg: Uint8Array): Uint8Array {
    const { slotBytes } = this.#options.ring;
    if (jpeg.length >= 1 && jpeg.length <= slotBytes) return jpeg;
    const text = `a picture of ${jpeg.length} bytes does not fit a slot of ${slotBytes} bytes (camera.slotBytes)`;
    throw new CupcheckError('PICTURE_SIZE', text);
  }
}

function gone(why: string): CupcheckError {
  return new CupcheckError('CAMERA_GONE', `the replay camera gives no frames: ${why}`);
}

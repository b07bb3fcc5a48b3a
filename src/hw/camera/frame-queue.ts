import type { Clock, FrameRef, HeldFrame } from '../../daemon/ports.js';
import { CupcheckError } from '../../errors.js';
import type { FrameRing } from '../../native/frame-ring.js';
import { type WaitingCall, waitingCall } from './waiting-call.js';

/** A frame as a driver has it: its bytes are the driver's own, and are read during `offer` only. */
export interface OfferedFrame extends Pick<FrameRef, 'encoding' | 'width' | 'height' | 'stride'> {
  readonly bytes: Uint8Array;
  readonly stamp: { readonly seq: number; readonly exposedNs: bigint };
}

interface Waiter extends WaitingCall {
  readonly afterNs: bigint;
}

/**
 * Who waits for a frame, for drivers whose frames come on the event loop (those of V4L2 come on a thread of the addon,
 * which does the same: native/v4l2/wants.h). The driver offers each frame that it takes from its queue;
 * only one that somebody waits for is copied into the ring, so the queue is always drained and nothing old is kept.
 *
 * A frame answers one call, the one that has waited longest for such a frame. A frame that is not newer than the
 * newest one seen is a repeat, whatever its number, and answers nobody: a frozen camera leaves `after` waiting.
 */
export class FrameQueue {
  readonly #ring: FrameRing;
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  #closed: CupcheckError | null;
  #newestNs: bigint | null = null;
  #seen = 0;
  #missed = 0;
  #lastSeq: number | null = null;

  /** @param closed why no frames come yet */
  constructor(ring: FrameRing, clock: Clock, closed: CupcheckError) {
    this.#ring = ring;
    this.#clock = clock;
    this.#closed = closed;
  }

  get newestNs(): bigint | null {
    return this.#newestNs;
  }

  /** Frames offered so far, repeats included. */
  get seen(): number {
    return this.#seen;
  }

  /** Frames whose numbers were left out. */
  get missed(): number {
    return this.#missed;
  }

  /** Frames come from now on; their numbers begin anew. */
  open(): void {
    this.#closed = null;
    this.#lastSeq = null;
  }

  /** No frames come any more: whoever waits, or will wait, fails with `reason`. */
  close(reason: CupcheckError): void {
    this.#closed = reason;
    this.#failAll(reason);
  }

  offer(frame: OfferedFrame): void {
    if (this.#closed !== null) return;
    this.#seen++;
    const { seq, exposedNs } = frame.stamp;
    if (this.#lastSeq !== null && seq > this.#lastSeq) this.#missed += seq - this.#lastSeq - 1;
    this.#lastSeq = seq;
    const nowNs = this.#clock.nowNs();
    if (exposedNs > nowNs) {
      // Such a stamp would prove any old picture fresh: it must not pass for one of the right clock.
      const text = `frame ${seq} claims to be exposed ${exposedNs - nowNs} ns from now: its clock is not CLOCK_MONOTONIC`;
      this.#failAll(new CupcheckError('FRAME_STALE', text));
      return;
    }
    if (this.#newestNs !== null && exposedNs <= this.#newestNs) return;
    this.#newestNs = exposedNs;
    for (const waiter of this.#waiters) {
      if (exposedNs <= waiter.afterNs) continue;
      this.#waiters.delete(waiter);
      this.#hand(frame, waiter);
      return;
    }
  }

  /** As Camera.after. A frame that was resolved is the caller's to release, even where its signal was aborted since. */
  after(ns: bigint, signal: AbortSignal): Promise<HeldFrame> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.#closed !== null) return Promise.reject(this.#closed);
    const call = waitingCall(signal, () => this.#waiters.delete(waiter));
    const waiter: Waiter = { ...call, afterNs: ns };
    this.#waiters.add(waiter);
    return call.frame;
  }

  #hand(frame: OfferedFrame, waiter: Waiter): void {
    const slot = this.#ring.acquire();
    if (slot === null) {
      waiter.reject(
        new CupcheckError('RING_FULL', `all ${this.#ring.slots} slots are held at frame ${frame.stamp.seq}`),
      );
      return;
    }
    try {
      const { encoding, width, height, stride, stamp } = frame;
      const written = this.#ring.write(slot, frame.bytes);
      waiter.resolve({ ...written, encoding, width, height, stride, stamp, release: this.#releaser(slot) });
    } catch (error) {
      this.#ring.release(slot);
      waiter.reject(error as Error);
    }
  }

  #releaser(slot: number): () => void {
    let held = true;
    return () => {
      if (held) this.#ring.release(slot);
      held = false;
    };
  }

  #failAll(error: CupcheckError): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.reject(error);
  }
}

/** A decoded picture. `data` holds `height` rows of `stride` bytes; RGB is interleaved, 3 bytes a pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly format: 'rgb' | 'grey';
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly data: Uint8Array;
}

/** When and by whom a frame was taken. */
export interface FrameStamp {
  /** The camera's own sequence number; never repeats within a session. */
  readonly seq: number;
  /**
   * Earliest moment at which the exposure can have begun, CLOCK_MONOTONIC nanoseconds; `null` where that is not known,
   * as for a camera whose latency was not measured. Such a frame proves nothing.
   */
  readonly exposedNs: bigint | null;
}

declare const proven: unique symbol;

/**
 * The stamp of a frame that was exposed after a given moment. Only `proveFresh` makes one,
 * and a green cannot be built without one: freshness is a type, not a check to remember.
 */
export type FreshStamp = FrameStamp & {
  readonly exposedNs: bigint;
  readonly notBeforeNs: bigint;
  readonly [proven]: true;
};

/** The stamp as a proof that its frame was exposed after `notBeforeNs`; `null` where it was not. */
export function proveFresh(stamp: FrameStamp, notBeforeNs: bigint): FreshStamp | null {
  if (stamp.exposedNs === null || stamp.exposedNs <= notBeforeNs) return null;
  return { seq: stamp.seq, exposedNs: stamp.exposedNs, notBeforeNs } as FreshStamp;
}

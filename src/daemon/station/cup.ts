import type { FreshStamp } from '../../pipeline/frame.js';
import type { Judgement, ReasonGiven } from '../../pipeline/judgement.js';
import type { OrderForCup } from '../orders.js';
import type { HeldFrame, JudgeInfo } from '../ports.js';

/** A held frame that is proven to be exposed after the trigger and the settling time. */
export type FreshFrame = HeldFrame & { readonly stamp: FreshStamp };

/** When a cup's stages ended, CLOCK_MONOTONIC; `null` while it has not come so far. */
export interface CupTimes {
  readonly triggerNs: bigint;
  readonly utc: string;
  settledNs: bigint | null;
  framedNs: bigint | null;
}

/** All that the station knows of a cup between its trigger and its last journal row. */
export interface Cup {
  /** UUID v7. */
  readonly id: string;
  readonly tag: string | null;
  /** Latched at the trigger; where a code on the cup says one, that. */
  order: OrderForCup | null;
  readonly times: CupTimes;
  readonly deadlineNs: bigint;
  /** Ends the work on the verdict: capture, inference. */
  readonly work: AbortController;
  /** Ends the watching of the shown cup. */
  readonly watch: AbortController;
  frames: readonly FreshFrame[];
  /** Exposure of the judged frame, as the result prints it. */
  frameNs: string | null;
  /** The JPEG bytes of the judged frame. */
  image: Uint8Array | null;
  judgement: Judgement | null;
  /** What it was judged with; `null` before that. Another bundle may serve when the cup is concluded. */
  judgedWith: JudgeInfo | null;
  /** The later frame in which the cup was seen unchanged; only a green has one. */
  stillThere: FreshStamp | null;
  /** Set when the verdict may no longer turn the light green. */
  withdrawn: ReasonGiven | null;
  /** Its verdict is given: what still comes of its work is late. */
  ended: boolean;
  /** Its last journal row is written. */
  concluded: boolean;
}

/** Gives the ring's slots back. The bytes may change at once. */
export function releaseFrames(cup: Cup): void {
  for (const frame of cup.frames) frame.release();
  cup.frames = [];
}

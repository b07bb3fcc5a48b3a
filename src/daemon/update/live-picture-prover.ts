import { randomUUID } from 'node:crypto';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import type { Camera, Clock, CupJudge } from '../ports.js';
import { freshFrame } from '../station/capture.js';
import type { FreshFrame } from '../station/cup.js';
import type { Prover } from './prover.js';

const nsPerMs = 1_000_000;

export interface LivePictureOptions {
  readonly camera: Camera;
  readonly clock: Clock;
  readonly frameTimeoutMs: number;
  /** Longer than this no judgement may take. */
  readonly deadlineMs: number;
  /** Frames that the ring holds. */
  readonly ringSlots: number;
}

/** The quickest counts for the time: the first may still warm something up, and a cup may be judged beside it. */
const pictures = 3;
/** A cup holds up to three frames, one that is late two more: the proof must not take them away. */
const fewestSlots = 8;

/**
 * Has the candidate judge what the camera sees now: this camera's format and size, this calibration. Nothing of it is recorded, and no
 * light can come of it. A camera that gives no frames is no fault of the candidate: then it says that nothing was judged.
 */
export class LivePictureProver implements Prover {
  readonly name = 'live picture';
  readonly #options: LivePictureOptions;

  constructor(options: LivePictureOptions) {
    this.#options = options;
  }

  async prove(candidate: CupJudge, signal: AbortSignal): Promise<string> {
    const { clock, deadlineMs } = this.#options;
    let tookMs = Number.POSITIVE_INFINITY;
    for (let picture = 0; picture < pictures; picture++) {
      const frames = await this.#frames(signal);
      if (typeof frames === 'string') return `not judged: ${frames}`;
      try {
        const startNs = clock.nowNs();
        const [first, second] = frames;
        await candidate.judge({ cup: randomUUID(), first, second, order: null }, signal);
        tookMs = Math.min(tookMs, Number(clock.nowNs() - startNs) / nsPerMs);
      } catch (thrown) {
        signal.throwIfAborted();
        const error = asCupcheckError(thrown);
        const { consequence } = error;
        if (consequence.kind === 'amber' && consequence.reason === 'camera_fault')
          return `not judged: ${error.message}`;
        throw error;
      } finally {
        for (const frame of frames) frame.release();
      }
    }
    const took = `${String(Math.round(tookMs))} ms`;
    if (tookMs > deadlineMs)
      throw new CupcheckError('INFER_TIMEOUT', `it took ${took} for a picture, station.deadlineMs is ${deadlineMs}`);
    return `judged in ${took}`;
  }

  /** Two frames, one after the other; or why there are none. */
  async #frames(signal: AbortSignal): Promise<readonly [FreshFrame, FreshFrame] | string> {
    const { camera, clock, frameTimeoutMs, ringSlots } = this.#options;
    if (ringSlots < fewestSlots) return `camera.ringSlots (${ringSlots}) leaves no room for it, ${fewestSlots} do`;
    if (camera.unproven !== null) return camera.unproven;
    const held: FreshFrame[] = [];
    try {
      const first = await freshFrame(camera, clock, clock.nowNs(), frameTimeoutMs, signal);
      held.push(first);
      return [first, await freshFrame(camera, clock, first.stamp.exposedNs, frameTimeoutMs, signal)];
    } catch (thrown) {
      for (const frame of held) frame.release();
      signal.throwIfAborted();
      return asCupcheckError(thrown).message;
    }
  }
}

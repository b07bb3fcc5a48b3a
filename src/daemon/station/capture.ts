import { CupcheckError } from '../../errors.js';
import { proveFresh } from '../../pipeline/frame.js';
import type { Camera, Clock, HeldFrame } from '../ports.js';
import type { FreshFrame } from './cup.js';

const nsPerMs = 1_000_000n;

/**
 * The first frame that is proven to be exposed after `notBeforeNs`.
 * Errors: CAMERA_GONE, RING_FULL, FRAME_STALE (frames come, but old ones), FRAME_TIMEOUT (none come).
 */
export async function freshFrame(
  camera: Camera,
  clock: Clock,
  notBeforeNs: bigint,
  patienceMs: number,
  signal: AbortSignal,
): Promise<FreshFrame> {
  const seenBefore = camera.framesSeen;
  const patience = new AbortController();
  const expiry = clock
    .until(clock.nowNs() + BigInt(Math.round(patienceMs)) * nsPerMs, patience.signal)
    .then(() => patience.abort(tooLate(camera, notBeforeNs, seenBefore, patienceMs)), ignoreAbort);
  try {
    const frame = await camera.after(notBeforeNs, AbortSignal.any([signal, patience.signal]));
    return asFresh(frame, notBeforeNs);
  } finally {
    patience.abort(new Error('the frame is there'));
    await expiry;
  }
}

function asFresh(frame: HeldFrame, notBeforeNs: bigint): FreshFrame {
  const stamp = proveFresh(frame.stamp, notBeforeNs);
  if (stamp !== null) return { ...frame, release: () => frame.release(), stamp };
  frame.release();
  throw new CupcheckError(
    'FRAME_STALE',
    `frame ${frame.stamp.seq} was exposed at ${frame.stamp.exposedNs}, not after ${notBeforeNs}`,
  );
}

function tooLate(camera: Camera, notBeforeNs: bigint, seenBefore: number, patienceMs: number): CupcheckError {
  const seen = camera.framesSeen - seenBefore;
  if (seen === 0) return new CupcheckError('FRAME_TIMEOUT', `no frame from the camera within ${patienceMs} ms`);
  return new CupcheckError(
    'FRAME_STALE',
    `${seen} frames came within ${patienceMs} ms, the newest exposed at ${camera.newestNs}, none after ${notBeforeNs}`,
  );
}

function ignoreAbort(): void {
  // The frame came first: the patience was not needed.
}

import { CupcheckError } from '../../errors.js';
import { proveFresh } from '../../pipeline/frame.js';
import type { Camera, Clock, HeldFrame } from '../ports.js';
import type { FreshFrame } from './cup.js';

const nsPerMs = 1_000_000n;

/**
 * The first frame that is proven to be exposed after `notBeforeNs`.
 * Errors: as `nextFrame`, and LATENCY_UNMEASURED where the camera's frames prove nothing.
 */
export async function freshFrame(
  camera: Camera,
  clock: Clock,
  notBeforeNs: bigint,
  patienceMs: number,
  signal: AbortSignal,
): Promise<FreshFrame> {
  const frame = await nextFrame(camera, clock, notBeforeNs, patienceMs, signal);
  const stamp = proveFresh(frame.stamp, notBeforeNs);
  if (stamp !== null) return { ...frame, release: () => frame.release(), stamp };
  frame.release();
  const { seq, exposedNs } = frame.stamp;
  if (exposedNs === null) {
    const why = camera.unproven ?? 'its stamp does not say';
    throw new CupcheckError('LATENCY_UNMEASURED', `it is not known when frame ${seq} was exposed: ${why}`);
  }
  throw new CupcheckError('FRAME_STALE', `frame ${seq} was exposed at ${exposedNs}, not after ${notBeforeNs}`);
}

/**
 * The first frame after `notBeforeNs` as the camera's driver knows it: to look at, where nothing has to be proved.
 * Errors: CAMERA_GONE, RING_FULL, FRAME_STALE (frames come, but old ones), FRAME_TIMEOUT (none come), PICTURE_CORRUPT
 * (only broken ones come).
 */
export async function nextFrame(
  camera: Camera,
  clock: Clock,
  notBeforeNs: bigint,
  patienceMs: number,
  signal: AbortSignal,
): Promise<HeldFrame> {
  const before = { seen: camera.framesSeen, damaged: camera.framesDamaged };
  const patience = new AbortController();
  const expiry = clock
    .until(clock.nowNs() + BigInt(Math.round(patienceMs)) * nsPerMs, patience.signal)
    .then(() => patience.abort(tooLate(camera, notBeforeNs, before, patienceMs)), ignoreAbort);
  try {
    return await camera.after(notBeforeNs, AbortSignal.any([signal, patience.signal]));
  } finally {
    patience.abort(new Error('the frame is there'));
    await expiry;
  }
}

function tooLate(
  camera: Camera,
  notBeforeNs: bigint,
  before: { readonly seen: number; readonly damaged: number },
  patienceMs: number,
): CupcheckError {
  const seen = camera.framesSeen - before.seen;
  const damaged = camera.framesDamaged - before.damaged;
  if (seen === 0) return new CupcheckError('FRAME_TIMEOUT', `no frame from the camera within ${patienceMs} ms`);
  if (damaged >= seen)
    return new CupcheckError('PICTURE_CORRUPT', `${seen} frames came within ${patienceMs} ms, all of them broken`);
  return new CupcheckError(
    'FRAME_STALE',
    `${seen} frames came within ${patienceMs} ms, the newest exposed at ${camera.newestNs}, none after ${notBeforeNs}`,
  );
}

function ignoreAbort(): void {
  // The frame came first: the patience was not needed.
}

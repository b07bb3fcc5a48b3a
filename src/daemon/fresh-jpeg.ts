import type { FrameRing } from '../native/frame-ring.js';
import { encodeJpeg } from '../native/jpeg.js';
import type { Camera, Clock } from './ports.js';
import { nextFrame } from './station/capture.js';

/** A frame that the camera did not give as a JPEG is kept as good as it gets. */
const bestQuality = 98;
/** Somebody who calibrates can wait longer than a cup. */
const patienceFactor = 5;

/** The next picture, as a JPEG. Errors: CAMERA_GONE, RING_FULL, FRAME_STALE, FRAME_TIMEOUT, PICTURE_CORRUPT. */
export async function freshJpeg(
  camera: Camera,
  clock: Clock,
  ring: Pick<FrameRing, 'view'>,
  frameTimeoutMs: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const frame = await nextFrame(camera, clock, clock.nowNs(), frameTimeoutMs * patienceFactor, signal);
  try {
    const { slot, generation, bytes, encoding, width, height, stride } = frame;
    const data = ring.view(slot, generation, bytes);
    return encoding === 'jpeg'
      ? Uint8Array.from(data)
      : encodeJpeg({ width, height, stride, format: encoding, data }, bestQuality);
  } finally {
    frame.release();
  }
}

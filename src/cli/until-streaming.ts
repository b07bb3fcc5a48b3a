import { CupcheckError } from '../errors.js';
import type { V4l2Camera } from '../hw/camera/v4l2-camera.js';

const openMs = 10_000;

/** Starts a camera. Resolves when it streams. Errors: why it does not; FRAME_TIMEOUT where it does not say within 10 s. */
export function untilStreaming(camera: V4l2Camera, signal = new AbortController().signal): Promise<void> {
  return new Promise((resolve, reject) => {
    const patience = AbortSignal.timeout(openMs);
    const late = new CupcheckError('FRAME_TIMEOUT', `the camera was not opened within ${openMs} ms`);
    AbortSignal.any([signal, patience]).addEventListener('abort', () =>
      reject(signal.aborted ? (signal.reason as Error) : late),
    );
    camera.onState((state) => {
      if (state === 'streaming') resolve();
      else if (camera.problem !== null) reject(camera.problem);
    });
    void camera.start();
  });
}

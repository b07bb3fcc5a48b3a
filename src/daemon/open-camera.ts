import { CupcheckError } from '../errors.js';
import { ReplayCamera } from '../hw/camera/replay-camera.js';
import { V4l2Camera } from '../hw/camera/v4l2-camera.js';
import type { FrameRing } from '../native/frame-ring.js';
import type { CaptureMode } from '../native/v4l2.js';
import type { Config } from './config/schema.js';
import { readLatency, stampLag } from './latency/latency-file.js';
import type { Clock } from './ports.js';
import { readPicture } from './simulation.js';

/** What the config asks of a V4L2 device. */
export function captureMode({ v4l2, fps }: Config['camera']): CaptureMode {
  const { latencyFile: _kept, latencyMs: _given, ...asked } = v4l2;
  return { ...asked, fps };
}

/** The camera that the config names, with what is known of its latency. Errors: CALIBRATION_INVALID. */
export async function v4l2Camera({ camera }: Config, ring: FrameRing, clock: Clock): Promise<V4l2Camera> {
  const { latencyFile, latencyMs } = camera.v4l2;
  const mode = captureMode(camera);
  const measured = latencyMs === null ? await readLatency(latencyFile) : null;
  return new V4l2Camera({ ring, clock, mode, lagOf: (device) => stampLag(device, mode, latencyMs, measured) });
}

/** The simulated camera, which shows the empty cup until it is told otherwise. Errors: CONFIG_INVALID, PICTURE_UNREADABLE, PICTURE_SIZE. */
export async function replayCamera({ camera }: Config, ring: FrameRing, clock: Clock): Promise<ReplayCamera> {
  if (camera.replay.empty === null) {
    throw new CupcheckError(
      'CONFIG_INVALID',
      'camera.driver replay needs camera.replay.empty, a picture of the empty cup',
    );
  }
  const empty = await readPicture(camera.replay.empty, ring.slotBytes);
  return new ReplayCamera({ ring, clock, fps: camera.fps, empty });
}

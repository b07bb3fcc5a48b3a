import type { GoodConfig } from '../cli.js';
import { cameraOf, keepLatency, type LatencyFile } from '../../daemon/latency/latency-file.js';
import { measureLatency } from '../../daemon/latency/measure-latency.js';
import { captureMode } from '../../daemon/open-camera.js';
import { LightLease } from '../../daemon/light/client.js';
import { systemClock } from '../../daemon/system-clock.js';
import { CupcheckError } from '../../errors.js';
import { V4l2Camera } from '../../hw/camera/v4l2-camera.js';
import { FrameRing } from '../../native/frame-ring.js';
import type { OpenedDevice } from '../../native/v4l2.js';
import { untilStreaming } from '../until-streaming.js';
import { watchLight } from './watch-light.js';

/**
 * Measures the latency of the station's camera by the station's light, and keeps it. The station itself must not run:
 * the camera has one reader.
 * Errors: NOT_SUPPORTED (no V4L2 camera), CAMERA_*, LIGHT_LOST, CALIBRATION_FAILED, STORAGE_FAULT.
 */
export async function calibrateLatency(
  { config }: GoodConfig,
  toggles: number,
  onToggle: (done: number) => void,
  signal: AbortSignal,
): Promise<LatencyFile> {
  if (config.camera.driver !== 'v4l2')
    throw new CupcheckError('NOT_SUPPORTED', `camera.driver is ${config.camera.driver}: only v4l2 has a latency`);
  const mode = captureMode(config.camera);
  const { ringSlots: slots, slotBytes } = config.camera;
  const ring = FrameRing.create({ slots, slotBytes });
  let device: OpenedDevice | null = null;
  const camera = new V4l2Camera({
    ring,
    clock: systemClock,
    mode,
    // The stamps themselves are what is measured.
    lagOf: (opened) => {
      device = opened;
      return opened.exposure === 'automatic'
        ? { unknown: 'the exposure is automatic: fix it in camera.v4l2.controls first (auto_exposure=1, …)' }
        : { lagNs: 0n };
    },
  });
  const { socket: socketPath, leaseMs, renewMs } = config.light;
  const light = new LightLease({ clock: systemClock, socketPath, leaseMs, renewMs });
  try {
    await light.start();
    await untilStreaming(camera, signal);
    const { toggles: made, frames } = await watchLight(
      { camera, light, clock: systemClock, ring },
      toggles,
      onToggle,
      signal,
    );
    const measured = measureLatency(made, frames);
    if (device === null) throw new CupcheckError('INTERNAL', 'the camera streams and was never opened');
    const latency: LatencyFile = { schema: 1, at: new Date().toISOString(), camera: cameraOf(device, mode), measured };
    await keepLatency(config.camera.v4l2.latencyFile, latency);
    return latency;
  } finally {
    await camera.stop();
    await light.close();
    ring.close();
  }
}

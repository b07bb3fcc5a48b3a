import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemClock } from '../../src/daemon/system-clock.js';
import { ReplayCamera } from '../../src/hw/camera/replay-camera.js';
import { V4l2Camera } from '../../src/hw/camera/v4l2-camera.js';
import { FrameRing } from '../../src/native/frame-ring.js';
import { type CaptureFormat, type CaptureMode, captureFormats } from '../../src/native/v4l2.js';
import { callFake, fakeDevice, fakeV4l2 } from '../fixtures/fake-v4l2.js';
import { plainJpeg } from '../fixtures/plain-jpeg.js';
import { cameraContract } from './camera-contract.js';

cameraContract('replay', async () => {
  const ring = FrameRing.create({ slots: 4, slotBytes: 65_536 });
  const fps = 100;
  const camera = new ReplayCamera({ ring, clock: systemClock, fps, empty: plainJpeg(128) });
  return {
    camera,
    ring,
    periodMs: 1000 / fps,
    unplug: async () => camera.unplug(),
    replug: async () => camera.replug(),
    close: async () => ring.close(),
  };
});

const [width, height] = [64, 64];
const quick = { retryMs: 10, maxRetryMs: 50 };

for (const format of captureFormats) {
  cameraContract(`v4l2 with a fake driver, ${format}`, async () => {
    const fps = 100;
    const ring = FrameRing.create({ slots: 4, slotBytes: width * height * 3 });
    const mode: CaptureMode = { device: fakeDevice, format, width, height, fps, controls: [], silenceMs: 3000 };
    fakeV4l2.fakePlug();
    fakeV4l2.fakeAutomaticExposure(false);
    fakeV4l2.fakeRun(fps);
    const lagOf = () => ({ lagNs: 5_000_000n });
    return {
      camera: new V4l2Camera({ ring, clock: systemClock, mode, lagOf, call: callFake, ...quick }),
      ring,
      periodMs: 1000 / fps,
      unplug: async () => fakeV4l2.fakeUnplug(),
      replug: async () => fakeV4l2.fakePlug(),
      close: async () => {
        fakeV4l2.fakeRun(0);
        ring.close();
      },
    };
  });
}

/**
 * A device of this machine: CUPCHECK_V4L2_DEVICE, with CUPCHECK_V4L2_MODE ("mjpeg 640 480 10") and, where something can
 * pull it out and put it back, the shell commands CUPCHECK_V4L2_UNPLUG and CUPCHECK_V4L2_REPLUG.
 */
const { CUPCHECK_V4L2_DEVICE, CUPCHECK_V4L2_MODE, CUPCHECK_V4L2_UNPLUG, CUPCHECK_V4L2_REPLUG } = process.env;

function realMode(device: string): CaptureMode {
  const [format = '', ...numbers] = (CUPCHECK_V4L2_MODE ?? 'mjpeg 640 480 10').split(' ');
  const [width = Number.NaN, height = Number.NaN, fps = Number.NaN] = numbers.map(Number);
  if (!captureFormats.some((known) => known === format) || !(width > 0 && height > 0 && fps > 0))
    throw new Error(`CUPCHECK_V4L2_MODE is "${CUPCHECK_V4L2_MODE}", wanted such as "mjpeg 640 480 10"`);
  return { device, format: format as CaptureFormat, width, height, fps, controls: [], silenceMs: 5000 };
}

const shell = (command: string | undefined) =>
  command === undefined ? null : async () => void (await promisify(execFile)('/bin/sh', ['-c', command]));

cameraContract(
  'v4l2 with a device of this machine',
  async () => {
    const mode = realMode(CUPCHECK_V4L2_DEVICE ?? '');
    const ring = FrameRing.create({ slots: 4, slotBytes: mode.width * mode.height * 3 });
    // Nobody toggles a light here: how long its frames take is not what the contract is about.
    const lagOf = () => ({ lagNs: 0n });
    return {
      camera: new V4l2Camera({ ring, clock: systemClock, mode, lagOf, ...quick }),
      ring,
      periodMs: 1000 / mode.fps,
      unplug: shell(CUPCHECK_V4L2_UNPLUG),
      replug: shell(CUPCHECK_V4L2_REPLUG),
      close: async () => ring.close(),
    };
  },
  CUPCHECK_V4L2_DEVICE === undefined ? 'CUPCHECK_V4L2_DEVICE names no device' : null,
);

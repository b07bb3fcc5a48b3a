import { systemClock } from '../../src/daemon/system-clock.js';
import { ReplayCamera } from '../../src/hw/camera/replay-camera.js';
import { FrameRing } from '../../src/native/frame-ring.js';
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

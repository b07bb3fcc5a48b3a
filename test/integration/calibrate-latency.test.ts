import { expect, it } from 'vitest';
import { watchLight } from '../../src/cli/calibrate/watch-light.js';
import { measureLatency } from '../../src/daemon/latency/measure-latency.js';
import type { LightState } from '../../src/daemon/ports.js';
import { systemClock } from '../../src/daemon/system-clock.js';
import { ReplayCamera } from '../../src/hw/camera/replay-camera.js';
import { FrameRing } from '../../src/native/frame-ring.js';
import { plainJpeg } from '../fixtures/plain-jpeg.js';

const fps = 30;
const never = new AbortController().signal;

it('measures a camera that looks at the light, and leaves the light dark', async () => {
  const ring = FrameRing.create({ slots: 4, slotBytes: 65_536 });
  const camera = new ReplayCamera({ ring, clock: systemClock, fps, empty: plainJpeg(60, 256) });
  const shown: LightState[] = [];
  const light = {
    show: async (state: LightState) => {
      shown.push(state);
      camera.show(plainJpeg(state === 'dark' ? 60 : 160, 256));
      return { atNs: systemClock.nowNs() };
    },
  };
  try {
    await camera.start();
    const done: number[] = [];
    const seen = await watchLight({ camera, light, clock: systemClock, ring }, 10, (count) => done.push(count), never);
    const measured = measureLatency(seen.toggles, seen.frames);
    expect(measured).toMatchObject({ toggles: 10, cells: 768 });
    // The simulated frame is stamped when it is exposed: the first new one is at most a period old, on an idle machine.
    expect(measured.worstMs).toBeGreaterThanOrEqual(measured.leastMs);
    expect(measured.worstMs).toBeLessThan(500);
    expect(done.at(-1)).toBe(10);
    expect(shown).not.toContain('green');
    expect(shown.at(-1)).toBe('dark');
    // Each frame was given back.
    expect(Array.from({ length: ring.slots }, () => ring.acquire())).not.toContain(null);
  } finally {
    await camera.stop();
    ring.close();
  }
});

it('says that the light is not seen, where nothing changes', async () => {
  const ring = FrameRing.create({ slots: 4, slotBytes: 65_536 });
  const camera = new ReplayCamera({ ring, clock: systemClock, fps, empty: plainJpeg(60, 256) });
  const light = { show: async () => ({ atNs: systemClock.nowNs() }) };
  try {
    await camera.start();
    const seen = await watchLight({ camera, light, clock: systemClock, ring }, 10, () => undefined, never);
    expect(() => measureLatency(seen.toggles, seen.frames)).toThrow(/the light is not seen/);
  } finally {
    await camera.stop();
    ring.close();
  }
});

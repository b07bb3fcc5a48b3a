// What capture costs: 1080p frames from the memory of a driver written for tests into the ring, on the thread that does it
// in the product. The driver makes its frames on another thread, so the processor time of ours is capture's alone.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../dist/daemon/system-clock.js';
import { V4l2Camera } from '../../dist/hw/camera/v4l2-camera.js';
import { FrameRing } from '../../dist/native/frame-ring.js';
import { quantile, spread } from '../rounds.mjs';

const fake = createRequire(import.meta.url)(
  fileURLToPath(new URL('../../build/Release/cupcheck-fake-v4l2.node', import.meta.url)),
);
const never = new AbortController().signal;
const [width, height, fps] = [1920, 1080, 30];
const nsPerMs = 1e6;

const gone = new Set(['ENOENT', 'ESRCH']);

/** What the kernel says of a thread of this process; empty where it has ended since it was listed. */
function ofThread(task, file) {
  try {
    return readFileSync(`/proc/self/task/${task}/${file}`, 'utf8');
  } catch (error) {
    if (gone.has(error.code)) return '';
    throw error;
  }
}

/** Nanoseconds that the camera's thread was on a processor. */
function cameraThreadNs() {
  const tasks = readdirSync('/proc/self/task');
  const camera = tasks.find((task) => ofThread(task, 'comm').trim() === 'cupcheck-camera');
  if (camera === undefined) throw new Error('no thread of the camera');
  return Number(ofThread(camera, 'schedstat').split(' ')[0]);
}

/**
 * The driver's frames have one value in all their bytes, another in each frame: luma and both chromas are the same.
 * So is each pixel of what comes out, and it is the colour that BT.601 gives for that value.
 */
function requireColour(ring, { slot, generation, bytes, encoding }, format) {
  const pixels = ring.view(slot, generation, bytes);
  const channels = encoding === 'rgb' ? 3 : 1;
  const [first, last] = [pixels.subarray(0, channels), pixels.subarray(-channels)];
  const known = channels === 1 || colours.some((colour) => colour.every((level, c) => Math.abs(level - first[c]) <= 1));
  if (!known || first.some((level, c) => level !== last[c]))
    throw new Error(`${format}: a frame of one colour came as ${first} at its beginning and ${last} at its end`);
}

const clamped = (level) => Math.round(Math.max(0, Math.min(255, level)));
const colours = Array.from({ length: 250 }, (_, value) => {
  const [luma, chroma] = [((value - 16) * 255) / 219, ((value - 128) * 255) / 224];
  return [luma + 1.402 * chroma, luma - (0.344136 + 0.714136) * chroma, luma + 1.772 * chroma].map(clamped);
});

async function measureFormat(format, { frames, idleFrames }) {
  const ring = FrameRing.create({ slots: 4, slotBytes: width * height * 3 });
  fake.fakePlug();
  fake.fakeAutomaticExposure(false);
  const mode = { device: '/dev/fake-camera', format, width, height, fps, controls: [], silenceMs: 10_000 };
  const camera = new V4l2Camera({
    ring,
    clock: systemClock,
    mode,
    lagOf: () => ({ lagNs: 0n }),
    call: (use) => use(fake),
  });
  const next = async () => {
    const frame = await camera.after(systemClock.nowNs(), never);
    requireColour(ring, frame, format);
    frame.release();
  };
  try {
    const streams = new Promise((resolve) => camera.onState((state) => state === 'streaming' && resolve()));
    await camera.start();
    await streams;
    fake.fakeRun(fps);
    await next();
    const handedMs = [];
    for (let i = 0; i < frames; i++) {
      const [before, seen] = [cameraThreadNs(), camera.framesSeen];
      await next();
      const count = camera.framesSeen - seen;
      if (count === 1) handedMs.push((cameraThreadNs() - before) / nsPerMs);
    }
    const [before, seen] = [cameraThreadNs(), camera.framesSeen];
    await systemClock.until(systemClock.nowNs() + BigInt(Math.round((idleFrames / fps) * 1e9)), never);
    const idle = camera.framesSeen - seen;
    return {
      format,
      handedMs: { ...spread(handedMs), least: quantile(handedMs, 0) },
      leftMs: (cameraThreadNs() - before) / nsPerMs / Math.max(1, idle),
      frames: handedMs.length,
      left: idle,
    };
  } finally {
    fake.fakeRun(0);
    await camera.stop();
    ring.close();
  }
}

export async function capture(extent) {
  const cases = [];
  for (const format of ['yuyv', 'nv12', 'grey']) cases.push(await measureFormat(format, extent));
  return { width, height, fps, cases };
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/daemon/system-clock.js';
import { freshFrame, nextFrame } from '../../../src/daemon/station/capture.js';
import { CupcheckError } from '../../../src/errors.js';
import { type StampLag, V4l2Camera } from '../../../src/hw/camera/v4l2-camera.js';
import { FrameRing } from '../../../src/native/frame-ring.js';
import { type CaptureMode, describeDevice, type OpenedDevice } from '../../../src/native/v4l2.js';
import { callFake, fakeDevice, fakeV4l2, markedJpeg } from '../../fixtures/fake-v4l2.js';

const never = new AbortController().signal;
const mode: CaptureMode = {
  device: fakeDevice,
  format: 'mjpeg',
  width: 64,
  height: 64,
  fps: 30,
  controls: [],
  silenceMs: 3000,
};

let ring: FrameRing;
let camera: V4l2Camera;
let opened: OpenedDevice[];

function make(change: Partial<CaptureMode> = {}, lag: StampLag = { lagNs: 30_000_000n }): void {
  camera = new V4l2Camera({
    ring,
    clock: systemClock,
    mode: { ...mode, ...change },
    lagOf: (device) => {
      opened.push(device);
      return lag;
    },
    retryMs: 10,
    maxRetryMs: 20,
    call: callFake,
  });
}

/** Resolves at the next change of state, or of why it is gone. */
const change = (): Promise<void> =>
  new Promise((resolve) => {
    const stop = camera.onState(() => {
      stop();
      resolve();
    });
  });

async function streaming(): Promise<void> {
  const changed = change();
  await camera.start();
  await changed;
  expect(camera.state).toBe('streaming');
}

const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof CupcheckError ? error.code : error),
  );

beforeEach(() => {
  opened = [];
  ring = FrameRing.create({ slots: 3, slotBytes: 64 * 64 * 3 });
  fakeV4l2.fakePlug();
  fakeV4l2.fakeAutomaticExposure(false);
});
afterEach(async () => {
  await camera.stop();
  ring.close();
});

describe('a frame of a V4L2 camera', () => {
  it('began to be exposed as long before its stamp as was measured', async () => {
    make();
    await streaming();
    expect(opened).toMatchObject([{ driver: 'fake', card: 'Fake camera', exposure: 'fixed', exposureNs: 15_600_000n }]);
    const beforeNs = systemClock.nowNs();
    const frame = camera.after(0n, never);
    fakeV4l2.fakePlay(markedJpeg(1), 0, null);
    const held = await frame;
    const { stamp } = held;
    expect(stamp.exposedNs).toBeGreaterThan(beforeNs - 30_001_000n);
    expect(stamp.exposedNs).toBeLessThanOrEqual(systemClock.nowNs() - 30_000_000n);
    expect(camera.newestNs).toBe(stamp.exposedNs);
    held.release();
  });

  it('does not answer a call that it may have been exposed before', async () => {
    make();
    await streaming();
    const frame = camera.after(systemClock.nowNs(), never);
    // It comes after the call, but began to be exposed before it.
    fakeV4l2.fakePlay(markedJpeg(1), 0, null);
    while (camera.framesSeen < 1) await new Promise(setImmediate);
    await systemClock.until(systemClock.nowNs() + 31_000_000n, never);
    fakeV4l2.fakePlay(markedJpeg(2), 0, null);
    const held = await frame;
    expect(ring.view(held.slot, held.generation, held.bytes)[100]).toBe(2);
    held.release();
  });

  it('proves nothing where the latency is unknown', async () => {
    make({}, { unknown: 'the latency of the camera is not measured' });
    await streaming();
    expect(camera.unproven).toBe('the latency of the camera is not measured');
    const seen = nextFrame(camera, systemClock, 0n, 5000, never);
    fakeV4l2.fakePlay(markedJpeg(1), 0, null);
    const frame = await seen;
    expect(frame.stamp.exposedNs).toBeNull();
    frame.release();
    const fresh = freshFrame(camera, systemClock, 0n, 5000, never);
    fakeV4l2.fakePlay(markedJpeg(2), 0, null);
    await expect(fresh).rejects.toMatchObject({
      code: 'LATENCY_UNMEASURED',
      message: expect.stringContaining('is not measured') as unknown,
    });
    // The frame that proved nothing was given back.
    expect([ring.acquire(), ring.acquire(), ring.acquire()]).not.toContain(null);
  });

  it('is not handed out where it is broken, and only broken ones are told from none', async () => {
    make();
    await streaming();
    const frame = code(nextFrame(camera, systemClock, 0n, 400, never));
    for (let i = 0; i < 3; i++) fakeV4l2.fakePlay(markedJpeg(1).subarray(0, 300), 0, null);
    expect(await frame).toBe('PICTURE_CORRUPT');
    expect(camera.framesDamaged).toBe(3);
    expect(camera.framesSeen).toBe(3);
  });

  it('with a stamp of the future fails whoever waits', async () => {
    make();
    await streaming();
    const frame = code(camera.after(0n, never));
    fakeV4l2.fakePlay(markedJpeg(1), 1e9, null);
    expect(await frame).toBe('FRAME_STALE');
  });
});

describe('a V4L2 camera', () => {
  it('with another clock is gone, and says why', async () => {
    make();
    await streaming();
    const gone = change();
    fakeV4l2.fakePlay(markedJpeg(1), 0, 0x4000);
    await gone;
    expect(camera.state).toBe('gone');
    expect(camera.problem).toMatchObject({ code: 'CAMERA_CLOCK' });
    expect(await code(camera.after(0n, never))).toBe('CAMERA_GONE');
  });

  it('that does not do what is asked is gone, and says what', async () => {
    make({ controls: ['gain=101'] });
    const gone = change();
    await camera.start();
    await gone;
    expect(camera.problem).toMatchObject({
      code: 'CAMERA_SETUP',
      message: expect.stringContaining('gain cannot be 101, allowed is 0 to 100') as unknown,
    });
  });

  it('tells of another reason for being gone', async () => {
    make({ controls: ['gain=101'] });
    fakeV4l2.fakeUnplug();
    const gone = change();
    await camera.start();
    await gone;
    expect(camera.problem).toMatchObject({ code: 'CAMERA_GONE' });
    const again = change();
    fakeV4l2.fakePlug();
    await again;
    expect(camera.state).toBe('gone');
    expect(camera.problem).toMatchObject({ code: 'CAMERA_SETUP' });
  });

  it('that is silent is opened again', async () => {
    make({ silenceMs: 60 });
    await streaming();
    await change();
    expect(camera.problem?.message).toContain('no frame for 60 ms');
    await change();
    expect(camera.state).toBe('streaming');
    expect(opened).toHaveLength(2);
  });

  it('keeps its counts when it was opened again', async () => {
    make();
    await streaming();
    const first = camera.after(0n, never);
    fakeV4l2.fakePlay(markedJpeg(1), 0, null);
    (await first).release();
    const gone = change();
    fakeV4l2.fakeUnplug();
    await gone;
    expect(camera.framesSeen).toBe(1);
    const back = change();
    fakeV4l2.fakePlug();
    await back;
    const second = camera.after(0n, never);
    fakeV4l2.fakePlay(markedJpeg(2), 0, null);
    const held = await second;
    held.release();
    expect(held.stamp.seq).toBe(1);
    expect(camera.framesSeen).toBe(2);
  });

  it('holds the ring until it has ended', async () => {
    make();
    await streaming();
    expect(() => ring.close()).toThrow(/A camera still writes/);
  });

  it('can be described', () => {
    make();
    const { card, modes, controls } = describeDevice(fakeDevice, callFake);
    expect(card).toBe('Fake camera');
    expect(modes[0]).toEqual({ format: 'MJPG', width: 1920, height: 1080, rates: [30, 15] });
    expect(controls.map(({ name }) => name)).toContain('exposure_time_absolute');
    expect(() => describeDevice('/dev/other', callFake)).toThrow(expect.objectContaining({ code: 'CAMERA_GONE' }));
  });
});

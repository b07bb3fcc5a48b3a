import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplayCamera } from '../../../src/hw/camera/replay-camera.js';
import { FrameRing } from '../../../src/native/frame-ring.js';
import { decodeJpeg } from '../../../src/native/jpeg.js';
import { ManualClock } from '../../fixtures/fake-station.js';
import { plainJpeg } from '../../fixtures/plain-jpeg.js';

const nsPerMs = 1_000_000n;
const periodMs = 20;
const empty = plainJpeg(90);
const cup = plainJpeg(200);

describe('replay camera', () => {
  let clock: ManualClock;
  let ring: FrameRing;
  let camera: ReplayCamera;

  beforeEach(async () => {
    clock = new ManualClock();
    ring = FrameRing.create({ slots: 4, slotBytes: 65_536 });
    camera = new ReplayCamera({ ring, clock, fps: 50, empty });
    await camera.start();
  });
  afterEach(async () => {
    await camera.stop();
    ring.close();
  });

  interface Seen {
    readonly exposedNs: bigint | null;
    readonly seq: number;
    readonly bytes: Uint8Array;
  }
  /** The first frame exposed after now, or `null` where none comes within `ms`. */
  const next = async (ms: number): Promise<Seen | null> => {
    const patience = new AbortController();
    const asked = camera.after(clock.nowNs(), patience.signal).then(
      (frame) => {
        const bytes = Uint8Array.from(ring.view(frame.slot, frame.generation, frame.bytes));
        frame.release();
        return { ...frame.stamp, bytes };
      },
      (error: unknown) => {
        if (patience.signal.aborted) return null;
        throw error;
      },
    );
    await clock.advance(ms);
    patience.abort();
    return asked;
  };
  const luma = (jpeg: Uint8Array | undefined): number =>
    decodeJpeg(jpeg as Uint8Array, { format: 'grey' }).data[0] ?? -1;

  it('shows what lay under it when the frame was exposed, not when it came', async () => {
    await clock.advance(periodMs * 3 + 5);
    const changedNs = clock.nowNs();
    const old = camera.after(0n, new AbortController().signal);
    camera.show(cup);
    const fresh = camera.after(changedNs, new AbortController().signal);
    await clock.advance(periodMs * 3);
    const frames = await Promise.all([old, fresh]);
    const [first, second] = frames.map((frame) => luma(ring.view(frame.slot, frame.generation, frame.bytes)));
    expect(frames[0].stamp.exposedNs).toBeLessThan(changedNs);
    expect(first).toBeCloseTo(90, -1);
    expect(second).toBeCloseTo(200, -1);
    for (const frame of frames) frame.release();
  });

  it('streams in real time: a frame each period, numbered', async () => {
    const one = await next(periodMs * 2);
    const two = await next(periodMs * 2);
    expect((two?.exposedNs ?? 0n) - (one?.exposedNs ?? 0n)).toBe(BigInt(periodMs * 2) * nsPerMs);
    expect((two?.seq ?? 0) - (one?.seq ?? 0)).toBe(2);
  });

  it('shows the empty cup again', async () => {
    camera.show(cup);
    expect(luma((await next(periodMs * 3))?.bytes)).toBeCloseTo(200, -1);
    camera.showEmpty();
    expect(luma((await next(periodMs * 3))?.bytes)).toBeCloseTo(90, -1);
  });

  it('frozen: frames keep coming, none of them newer, so nobody is answered', async () => {
    await clock.advance(periodMs * 5);
    camera.freeze();
    await clock.advance(periodMs * 2);
    const { newestNs, framesSeen } = camera;
    camera.show(cup);
    expect(await next(periodMs * 20)).toBeNull();
    expect(camera.newestNs).toBe(newestNs);
    expect(camera.framesSeen).toBeGreaterThanOrEqual(framesSeen + 19);
    camera.normal();
    expect(luma((await next(periodMs * 3))?.bytes)).toBeCloseTo(200, -1);
  });

  it('stale: a frame after a moment comes so much later', async () => {
    await clock.advance(periodMs * 5);
    camera.stale(300);
    expect(await next(290)).toBeNull();
    const askedNs = clock.nowNs();
    const frame = await next(400);
    expect(frame?.exposedNs).toBeGreaterThan(askedNs);
    expect(frame?.exposedNs).toBeLessThanOrEqual(clock.nowNs());
  });

  it('halted: no frames at all, though it streams', async () => {
    await clock.advance(periodMs * 5);
    camera.halt();
    const { framesSeen } = camera;
    expect(await next(periodMs * 20)).toBeNull();
    expect(camera.framesSeen).toBe(framesSeen);
    expect(camera.state).toBe('streaming');
  });

  it('dark: an almost black picture of the same cup, also of one that is placed later', async () => {
    camera.darken();
    expect(luma((await next(periodMs * 3))?.bytes)).toBeLessThan(10);
    camera.show(cup);
    const dark = luma((await next(periodMs * 3))?.bytes);
    expect(dark).toBeGreaterThan(3);
    expect(dark).toBeLessThan(12);
  });

  it('truncated: a picture that cannot be decoded', async () => {
    camera.truncate();
    const frame = await next(periodMs * 3);
    expect(() => decodeJpeg(frame?.bytes as Uint8Array)).toThrow(expect.objectContaining({ code: 'PICTURE_CORRUPT' }));
  });

  it('refuses a picture that fits no slot, a picture that cannot be darkened, and a mad frame rate', () => {
    expect(() => camera.show(new Uint8Array(65_537))).toThrow(expect.objectContaining({ code: 'PICTURE_SIZE' }));
    expect(() => camera.show(new Uint8Array(0))).toThrow(expect.objectContaining({ code: 'PICTURE_SIZE' }));
    camera.show(Buffer.from('no picture'));
    expect(() => camera.darken()).toThrow(expect.objectContaining({ code: 'PICTURE_CORRUPT' }));
    for (const fps of [0, 121, Number.NaN]) {
      expect(() => new ReplayCamera({ ring, clock, fps, empty })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    }
  });
});

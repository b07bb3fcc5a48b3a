import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Camera, CameraState, HeldFrame } from '../../src/daemon/ports.js';
import { CupcheckError } from '../../src/errors.js';
import type { FrameRing } from '../../src/native/frame-ring.js';

/** A camera on a bench: what the contract needs to look at it and to trouble it. */
export interface CameraRig {
  readonly camera: Camera;
  readonly ring: FrameRing;
  readonly periodMs: number;
  /** `null` where the rig cannot do that. */
  readonly unplug: (() => Promise<void>) | null;
  readonly replug: (() => Promise<void>) | null;
  close(): Promise<void>;
}

const nsPerMs = 1_000_000n;
const now = (): bigint => process.hrtime.bigint();
const never = new AbortController().signal;

/** A camera whose latency is known says of each frame when it was exposed. */
function exposedNs({ stamp }: HeldFrame): bigint {
  if (stamp.exposedNs === null) throw new Error(`frame ${stamp.seq} does not say when it was exposed`);
  return stamp.exposedNs;
}

/** What every driver of `Camera` promises. @param skipped why this driver cannot be tried on this machine */
export function cameraContract(name: string, make: () => Promise<CameraRig>, skipped: string | null = null): void {
  describe.skipIf(skipped !== null)(skipped === null ? `camera: ${name}` : `camera: ${name} (${skipped})`, () => {
    let rig: CameraRig;
    let camera: Camera;

    beforeEach(async () => {
      rig = await make();
      camera = rig.camera;
    });
    afterEach(async () => {
      await camera.stop();
      await rig.close();
    });

    const code = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 'resolved',
        (error: unknown) => (error instanceof CupcheckError ? error.code : error),
      );
    const becomes = (state: CameraState): Promise<void> =>
      new Promise((resolve) => {
        if (camera.state === state) return resolve();
        const stop = camera.onState((next) => {
          if (next !== state) return;
          stop();
          resolve();
        });
      });
    const started = async (): Promise<void> => {
      await camera.start();
      await becomes('streaming');
    };

    it('says that its frames are proof', async () => {
      await started();
      expect(camera.unproven).toBeNull();
      expect(camera.framesDamaged).toBe(0);
    });

    it('gives nothing before it is started', async () => {
      expect(camera.state).toBe('stopped');
      expect(camera.newestNs).toBeNull();
      expect(await code(camera.after(0n, never))).toBe('CAMERA_GONE');
    });

    it('gives frames exposed strictly after the moment asked for, and not in the future', async () => {
      await started();
      for (let i = 0; i < 5; i++) {
        const askedNs = now();
        const frame = await camera.after(askedNs, never);
        expect(exposedNs(frame)).toBeGreaterThan(askedNs);
        expect(exposedNs(frame)).toBeLessThanOrEqual(now());
        frame.release();
      }
    });

    it('waits for a moment that is still to come', async () => {
      await started();
      const laterNs = now() + BigInt(Math.round(rig.periodMs * 5)) * nsPerMs;
      const frame = await camera.after(laterNs, never);
      expect(exposedNs(frame)).toBeGreaterThan(laterNs);
      frame.release();
    });

    it('keeps its queue drained while nobody asks', async () => {
      await started();
      const first = await camera.after(0n, never);
      first.release();
      const seen = camera.framesSeen;
      // Asking for a late frame is what waits; the frames in between are seen and left.
      const late = await camera.after(now() + BigInt(Math.round(rig.periodMs * 4)) * nsPerMs, never);
      late.release();
      expect(camera.framesSeen).toBeGreaterThanOrEqual(seen + 4);
      expect(camera.newestNs).toBeGreaterThanOrEqual(exposedNs(late));
    });

    it('never hands a frame out twice, in one call after the other or in overlapping ones', async () => {
      await started();
      const frames: HeldFrame[] = [];
      for (let i = 0; i < 3; i++) {
        const pair = await Promise.all([camera.after(0n, never), camera.after(0n, never)]);
        for (const frame of pair) {
          frames.push(frame);
          frame.release();
        }
      }
      expect(new Set(frames.map((frame) => frame.stamp.seq)).size).toBe(6);
      const stamps = frames.map(exposedNs);
      expect(new Set(stamps).size).toBe(6);
      expect(stamps).toEqual(stamps.toSorted((a, b) => Number(a - b)));
    });

    it('puts the frame into the ring, where it stays until it is released', async () => {
      await started();
      const frame = await camera.after(now(), never);
      const bytes = Uint8Array.from(rig.ring.view(frame.slot, frame.generation, frame.bytes));
      expect(bytes.length).toBe(frame.bytes);
      if (frame.encoding === 'jpeg') expect([...bytes.subarray(0, 2)]).toEqual([0xff, 0xd8]);
      for (let i = 0; i < rig.ring.slots * 2; i++) (await camera.after(now(), never)).release();
      // Not by `toEqual`, which looks at each of a million bytes by itself.
      expect(Buffer.compare(rig.ring.view(frame.slot, frame.generation, frame.bytes), bytes)).toBe(0);
      frame.release();
    });

    it('says RING_FULL when every slot is held, and goes on when one is given back; releasing twice is harmless', async () => {
      await started();
      const held = await Promise.all(Array.from({ length: rig.ring.slots }, () => camera.after(0n, never)));
      expect(await code(camera.after(now(), never))).toBe('RING_FULL');
      held[0]?.release();
      held[0]?.release();
      const again = await camera.after(now(), never);
      expect(await code(camera.after(now(), never))).toBe('RING_FULL');
      for (const frame of [...held, again]) frame.release();
    });

    it('rejects with the reason of the signal, at once where it is aborted already, and loses no slot by it', async () => {
      await started();
      const reason = new Error('given up');
      for (let i = 0; i < rig.ring.slots * 2; i++) {
        const waiting = new AbortController();
        const pending = code(camera.after(now() + 60_000n * nsPerMs, waiting.signal));
        waiting.abort(reason);
        expect(await pending).toBe(reason);
      }
      expect(await code(camera.after(0n, AbortSignal.abort(reason)))).toBe(reason);
      (await camera.after(now(), never)).release();
    });

    it('stops: whoever waits is told CAMERA_GONE; stopping twice is harmless; it starts again', async () => {
      await started();
      const first = await camera.after(0n, never);
      first.release();
      const pending = code(camera.after(now() + 60_000n * nsPerMs, never));
      await camera.stop();
      await camera.stop();
      expect(await pending).toBe('CAMERA_GONE');
      expect(camera.state).toBe('stopped');
      expect(await code(camera.after(0n, never))).toBe('CAMERA_GONE');
      await started();
      const next = await camera.after(0n, never);
      next.release();
      expect(next.stamp.seq).toBeGreaterThan(first.stamp.seq);
    });

    it('tells of each change of state until unsubscribed', async () => {
      const states: CameraState[] = [];
      const stop = camera.onState((state) => states.push(state));
      await started();
      await camera.stop();
      stop();
      await started();
      expect(states).toEqual(['streaming', 'stopped']);
    });

    it('unplugged: whoever waits, and whoever asks, is told at once; plugged in again it streams on', async (context) => {
      if (rig.unplug === null || rig.replug === null) {
        context.skip('this camera cannot be unplugged by a test');
        return;
      }
      await started();
      const before = await camera.after(0n, never);
      const pending = code(camera.after(now() + 60_000n * nsPerMs, never));
      await rig.unplug();
      expect(await pending).toBe('CAMERA_GONE');
      expect(camera.state).toBe('gone');
      expect(camera.problem).toMatchObject({ code: 'CAMERA_GONE' });
      expect(await code(camera.after(0n, never))).toBe('CAMERA_GONE');
      // A frame that is held outlives the camera.
      expect(rig.ring.check(before.slot, before.generation)).toBe(true);
      before.release();
      await rig.replug();
      await becomes('streaming');
      expect(camera.problem).toBeNull();
      const replugNs = now();
      const after = await camera.after(replugNs, never);
      after.release();
      expect(exposedNs(after)).toBeGreaterThan(replugNs);
      expect(after.stamp.seq).toBeGreaterThan(before.stamp.seq);
    });

    it('started without a camera it is gone, and streams once there is one', async (context) => {
      if (rig.unplug === null || rig.replug === null) {
        context.skip('this camera cannot be unplugged by a test');
        return;
      }
      await rig.unplug();
      await camera.start();
      await becomes('gone');
      expect(await code(camera.after(0n, never))).toBe('CAMERA_GONE');
      await rig.replug();
      await becomes('streaming');
      (await camera.after(now(), never)).release();
    });
  });
}

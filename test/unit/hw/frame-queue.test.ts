import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CupcheckError } from '../../../src/errors.js';
import { FrameQueue, type OfferedFrame } from '../../../src/hw/camera/frame-queue.js';
import { FrameRing } from '../../../src/native/frame-ring.js';
import { ManualClock } from '../../fixtures/fake-station.js';

const signal = new AbortController().signal;

describe('frame queue', () => {
  let clock: ManualClock;
  let ring: FrameRing;
  let queue: FrameQueue;

  beforeEach(async () => {
    clock = new ManualClock();
    await clock.advance(1000);
    ring = FrameRing.create({ slots: 2, slotBytes: 1000 });
    queue = new FrameQueue(ring, clock, new CupcheckError('CAMERA_GONE', 'not yet'));
    queue.open();
  });
  afterEach(() => ring.close());

  const frame = (seq: number, exposedNs: bigint, bytes = new Uint8Array([seq])): OfferedFrame => ({
    encoding: 'grey',
    width: 1,
    height: 1,
    stride: 1,
    stamp: { seq, exposedNs },
    bytes,
  });

  it('copies a frame only where somebody waits for it', async () => {
    queue.offer(frame(1, 10n));
    queue.offer(frame(2, 20n));
    expect(queue.newestNs).toBe(20n);
    expect([ring.acquire(), ring.acquire()]).toEqual([0, 1]);
    ring.release(0);
    ring.release(1);
    const waiting = queue.after(10n, signal);
    queue.offer(frame(3, 30n));
    const held = await waiting;
    expect(held.stamp.seq).toBe(3);
    expect([...ring.view(held.slot, held.generation, held.bytes)]).toEqual([3]);
  });

  it('counts the frames whose numbers were left out, and begins anew with a new stream', () => {
    for (const seq of [4, 5, 9, 9, 10]) queue.offer(frame(seq, BigInt(seq)));
    expect([queue.seen, queue.missed]).toEqual([5, 3]);
    queue.open();
    for (const seq of [1, 2, 4]) queue.offer(frame(seq, BigInt(100 + seq)));
    expect(queue.missed).toBe(4);
  });

  it('answers the longest waiting call that the frame suits, and leaves the others', async () => {
    const late = queue.after(100n, signal);
    const first = queue.after(0n, signal);
    queue.offer(frame(1, 50n));
    queue.offer(frame(2, 100n));
    queue.offer(frame(3, 101n));
    expect((await first).stamp.seq).toBe(1);
    expect((await late).stamp.seq).toBe(3);
  });

  it('takes a frame that is not newer than the newest for a repeat, whatever its number', async () => {
    queue.offer(frame(1, 50n));
    const waiting = queue.after(0n, signal);
    queue.offer(frame(2, 50n));
    queue.offer(frame(3, 40n));
    queue.offer(frame(4, 51n));
    expect((await waiting).stamp.seq).toBe(4);
    expect(queue.seen).toBe(4);
  });

  it('spends no frame and no slot on a call that was given up', async () => {
    const given = new AbortController();
    const up = queue.after(0n, given.signal);
    given.abort(new Error('given up'));
    await expect(up).rejects.toThrow('given up');
    const waiting = queue.after(0n, signal);
    queue.offer(frame(1, 10n));
    expect((await waiting).stamp.seq).toBe(1);
  });

  it('never takes a stamp from the future for fresh', async () => {
    const waiting = queue.after(0n, signal);
    queue.offer(frame(1, clock.nowNs() + 1n));
    await expect(waiting).rejects.toMatchObject({ code: 'FRAME_STALE' });
    expect(queue.newestNs).toBeNull();
  });

  it('gives the slot back where the frame does not fit it', async () => {
    for (let i = 1n; i < 6n; i++) {
      const waiting = queue.after(0n, signal);
      queue.offer(frame(1, i, new Uint8Array(1001)));
      await expect(waiting).rejects.toMatchObject({ code: 'NATIVE_ARGUMENT' });
    }
  });
});

import { closeSync, openSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { callNative } from '../../../src/native/addon.js';
import { FrameRing } from '../../../src/native/frame-ring.js';

const open: FrameRing[] = [];
const code = (wanted: string) => expect.objectContaining({ code: wanted });

function ringOf(slots: number, slotBytes: number): FrameRing {
  const ring = FrameRing.create({ slots, slotBytes });
  open.push(ring);
  return ring;
}

function acquired(ring: FrameRing): number {
  const slot = ring.acquire();
  if (slot === null) throw new Error('every slot is held');
  return slot;
}

afterEach(() => {
  for (const ring of open.splice(0)) ring.close();
});

describe('FrameRing', () => {
  it('keeps a frame where it was written, and shows it without a copy', () => {
    const ring = ringOf(3, 5000);
    const frames = [1, 2, 3].map((value) => ring.write(acquired(ring), new Uint8Array(5000).fill(value)));
    for (const [i, { slot, generation, bytes }] of frames.entries()) {
      const view = ring.view(slot, generation, bytes);
      expect(view).toEqual(new Uint8Array(5000).fill(i + 1));
      expect(view.buffer).toBe(ring.view(0, generation, bytes).buffer);
    }
  });

  it('tells a reader that a slot was written again', () => {
    const ring = ringOf(1, 100);
    const slot = acquired(ring);
    const first = ring.write(slot, new Uint8Array(40));
    expect(ring.check(slot, first.generation)).toBe(true);
    const second = ring.write(slot, new Uint8Array(60));
    expect(second.generation).toBeGreaterThan(first.generation);
    expect(ring.check(slot, first.generation)).toBe(false);
    expect(() => ring.view(slot, first.generation, 40)).toThrow(code('FRAME_OVERWRITTEN'));
    expect(() => ring.view(slot, second.generation, 40)).toThrow(code('FRAME_OVERWRITTEN'));
    expect(ring.view(slot, second.generation, 60)).toHaveLength(60);
  });

  it('hands out each slot once, and null when all are held', () => {
    const ring = ringOf(3, 10);
    expect(new Set([ring.acquire(), ring.acquire(), ring.acquire()])).toEqual(new Set([0, 1, 2]));
    expect(ring.acquire()).toBeNull();
    ring.release(1);
    expect(ring.acquire()).toBe(1);
  });

  it('frees a slot when its last holder gives it back, and reuses the longest unused first', () => {
    const ring = ringOf(2, 10);
    const [first, second] = [acquired(ring), acquired(ring)];
    ring.hold(first);
    ring.release(first);
    expect(ring.acquire()).toBeNull();
    ring.release(second);
    ring.release(first);
    expect([ring.acquire(), ring.acquire()]).toEqual([second, first]);
  });

  it('does not write under a second holder, nor into a slot that nobody acquired', () => {
    const ring = ringOf(2, 10);
    const slot = acquired(ring);
    ring.hold(slot);
    expect(() => ring.write(slot, new Uint8Array(1))).toThrow(code('NATIVE_ARGUMENT'));
    ring.release(slot);
    ring.release(slot);
    expect(() => ring.write(slot, new Uint8Array(1))).toThrow(code('NATIVE_ARGUMENT'));
    expect(() => ring.release(slot)).toThrow(code('NATIVE_ARGUMENT'));
    expect(() => ring.hold(slot)).toThrow(code('NATIVE_ARGUMENT'));
  });

  it('leaves no view to read from after it is closed', () => {
    const ring = ringOf(1, 100);
    const { slot, generation, bytes } = ring.write(acquired(ring), new Uint8Array(100));
    const view = ring.view(slot, generation, bytes);
    ring.close();
    ring.close();
    expect(view).toHaveLength(0);
    expect(() => ring.check(slot, generation)).toThrow(code('NATIVE_ARGUMENT'));
    expect(() => ring.acquire()).toThrow(code('NATIVE_ARGUMENT'));
  });
});

describe('FrameRing refuses', () => {
  it.each([
    [0, 10],
    [65, 10],
    [1.5, 10],
    [Number.NaN, 10],
    [1, 0],
    [1, 2 ** 28 + 1],
    [64, 2 ** 28],
  ])('%d slots of %d bytes, in front and in the addon', (slots, slotBytes) => {
    expect(() => FrameRing.create({ slots, slotBytes })).toThrow(code('NATIVE_ARGUMENT'));
    expect(() => callNative((addon) => addon.createRing(slots, slotBytes))).toThrow(code('NATIVE_ARGUMENT'));
  });

  it.each([-1, 1, 2, 0.5, Number.NaN])('slot %d of a ring of one', (slot) => {
    const ring = ringOf(1, 10);
    acquired(ring);
    expect(() => ring.write(slot, new Uint8Array(1))).toThrow(code('NATIVE_ARGUMENT'));
    expect(() => ring.view(slot, 0, 0)).toThrow(code('NATIVE_ARGUMENT'));
    expect(() => ring.check(slot, 0)).toThrow(code('NATIVE_ARGUMENT'));
  });

  it.each([0, 11])('a frame of %d bytes for a slot of 10', (bytes) => {
    const ring = ringOf(1, 10);
    expect(() => ring.write(acquired(ring), new Uint8Array(bytes))).toThrow(code('NATIVE_ARGUMENT'));
  });

  it('memory and numbers that the front would never hand to the addon', () => {
    const { map, fd } = callNative((addon) => addon.createRing(2, 10));
    const write = (memory: ArrayBuffer, slot: number, bytes: Uint8Array) => () =>
      callNative((addon) => addon.writeRing(memory, slot, bytes));
    expect(write(map, 2, new Uint8Array(1))).toThrow(code('NATIVE_ARGUMENT'));
    expect(write(map, 0, new Uint8Array(11))).toThrow(code('NATIVE_ARGUMENT'));
    expect(write(map, 0, 'bytes' as unknown as Uint8Array)).toThrow(code('NATIVE_ARGUMENT'));
    expect(write(new ArrayBuffer(8192), 0, new Uint8Array(1))).toThrow(code('NATIVE_ARGUMENT'));
    expect(write(map.slice(0, 4096), 0, new Uint8Array(1))).toThrow(code('NATIVE_ARGUMENT'));
    callNative((addon) => addon.closeRing(map, fd));
    expect(write(map, 0, new Uint8Array(1))).toThrow(code('NATIVE_ARGUMENT'));
  });

  it('to attach to what is no ring', () => {
    const fd = openSync('/dev/null', 'r');
    try {
      expect(() => FrameRing.attach(fd)).toThrow(code('NATIVE_ARGUMENT'));
      expect(() => FrameRing.attach(-1)).toThrow(code('NATIVE_ARGUMENT'));
      expect(() => FrameRing.attach(99_999)).toThrow(code('NATIVE_ARGUMENT'));
    } finally {
      closeSync(fd);
    }
  });
});

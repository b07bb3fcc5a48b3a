import { afterAll, describe, expect, it } from 'vitest';
import { RingReader } from '../../../src/daemon/infer/ring-reader.js';
import type { FrameRef } from '../../../src/daemon/ports.js';
import { FrameRing } from '../../../src/native/frame-ring.js';
import { encodeJpeg } from '../../../src/native/jpeg.js';
import type { Picture } from '../../../src/pipeline/frame.js';

const grey: Picture = { width: 80, height: 64, format: 'grey', stride: 80, data: new Uint8Array(80 * 64).fill(99) };
const jpeg = encodeJpeg(grey, 90);
const ring = FrameRing.create({ slots: 1, slotBytes: 10_000 });
const slot = ring.acquire() ?? -1;
afterAll(() => ring.close());

const raw = { width: 80, height: 64, stride: 80 };
const stamp = { seq: 1, exposedNs: 5n };
const put = (bytes: Uint8Array, encoding: FrameRef['encoding']): FrameRef => ({
  ...ring.write(slot, bytes),
  encoding,
  ...(encoding === 'jpeg' ? { width: 0, height: 0, stride: 0 } : raw),
  stamp,
});

/** A ring whose slot is written again just after a reader began to look at it. */
const rewritten = (bytes: Uint8Array) =>
  new RingReader({
    view: (...frame) => {
      const view = ring.view(...frame);
      ring.write(slot, bytes);
      return view;
    },
    check: (...frame) => ring.check(...frame),
  });

describe('the reader of the frame ring', () => {
  it('decodes a JPEG, and takes raw pixels as they lie', () => {
    const reader = new RingReader(ring);
    expect(reader.picture(put(jpeg, 'jpeg'))).toMatchObject({ width: 80, height: 64, format: 'rgb' });
    const frame = put(grey.data, 'grey');
    expect(reader.picture(frame)).toEqual(grey);
    expect(() => reader.requireWhole(frame)).not.toThrow();
  });

  it.each([
    ['a whole picture', jpeg],
    ['half a picture', jpeg.subarray(0, jpeg.length / 2)],
  ])('refuses a frame that %s replaced while it was decoded, as that and nothing else', (_, bytes) => {
    const frame = put(jpeg, 'jpeg');
    expect(() => rewritten(bytes).picture(frame)).toThrow(expect.objectContaining({ code: 'FRAME_OVERWRITTEN' }));
  });

  it('tells after the last look that raw pixels were replaced', () => {
    const frame = put(grey.data, 'grey');
    const reader = rewritten(jpeg);
    reader.picture(frame);
    expect(() => reader.requireWhole(frame)).toThrow(expect.objectContaining({ code: 'FRAME_OVERWRITTEN' }));
  });
});

import { CupcheckError } from '../../errors.js';
import type { FrameRing } from '../../native/frame-ring.js';
import { decodeJpeg } from '../../native/jpeg.js';
import type { Picture } from '../../pipeline/frame.js';
import type { FrameRef } from '../ports.js';

/** Reads frames where they lie in the ring that core writes. */
export class RingReader {
  readonly #ring: Pick<FrameRing, 'view' | 'check'>;

  constructor(ring: Pick<FrameRing, 'view' | 'check'>) {
    this.#ring = ring;
  }

  /**
   * The frame as a picture. A JPEG is decoded, and known to be whole when this returns. Raw pixels stay in the ring, with no copy:
   * ask `requireWhole` after the last look at them.
   * Errors: FRAME_OVERWRITTEN, PICTURE_CORRUPT, PICTURE_SIZE, NATIVE_ARGUMENT.
   */
  picture(frame: FrameRef): Picture {
    const { slot, generation, bytes, encoding, width, height, stride } = frame;
    const data = this.#ring.view(slot, generation, bytes);
    if (encoding !== 'jpeg') return { width, height, format: encoding, stride, data };
    try {
      return decodeJpeg(data);
    } finally {
      // A frame that was replaced meanwhile may decode, or fail to: neither says anything of the frame that was asked for.
      this.requireWhole(frame);
    }
  }

  /** Whether all that was read of the frame so far was that frame. Errors: FRAME_OVERWRITTEN. */
  requireWhole({ slot, generation }: FrameRef): void {
    if (!this.#ring.check(slot, generation)) {
      throw new CupcheckError('FRAME_OVERWRITTEN', `slot ${String(slot)} was written again while it was read`);
    }
  }
}

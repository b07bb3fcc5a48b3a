import { CupcheckError } from '../../errors.js';
import type { FrameRing } from '../../native/frame-ring.js';
import { decodeJpeg, jpegSize } from '../../native/jpeg.js';
import type { Picture } from '../../pipeline/frame.js';
import { glanceAt, glanceAtJpeg, type Glance } from '../../pipeline/glance.js';
import type { FrameRef } from '../ports.js';

/** Reads frames where they lie in the ring that core writes. */
export class RingReader {
  readonly #ring: Pick<FrameRing, 'view' | 'check'>;
  /** Pixels of the JPEG that was decoded last; kept, so that no cup waits for fresh memory. */
  #decoded = new Uint8Array();

  constructor(ring: Pick<FrameRing, 'view' | 'check'>) {
    this.#ring = ring;
  }

  /**
   * The frame as a picture. A JPEG is decoded, known to be whole when this returns, and holds until the next call. Raw
   * pixels stay in the ring, with no copy: ask `requireWhole` after the last look at them.
   * Errors: FRAME_OVERWRITTEN, PICTURE_CORRUPT, PICTURE_SIZE, NATIVE_ARGUMENT.
   */
  picture(frame: FrameRef): Picture {
    if (frame.encoding !== 'jpeg') return this.#raw(frame);
    return this.#whole(frame, (jpeg) => {
      const { width, height } = jpegSize(jpeg);
      if (this.#decoded.length < width * height * 3) this.#decoded = new Uint8Array(width * height * 3);
      return decodeJpeg(jpeg, { into: this.#decoded });
    });
  }

  /**
   * The frame at a glance, which a JPEG gives in half the time of a picture; known to be whole when this returns.
   * Errors: as `picture`.
   */
  glance(frame: FrameRef): Glance {
    return this.#whole(frame, (bytes) =>
      frame.encoding === 'jpeg' ? glanceAtJpeg(bytes) : glanceAt(this.#raw(frame)),
    );
  }

  #raw({ slot, generation, bytes, encoding, width, height, stride }: FrameRef): Picture {
    const format = encoding === 'grey' ? 'grey' : 'rgb';
    return { width, height, format, stride, data: this.#ring.view(slot, generation, bytes) };
  }

  #whole<T>(frame: FrameRef, read: (bytes: Uint8Array) => T): T {
    try {
      return read(this.#ring.view(frame.slot, frame.generation, frame.bytes));
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

import { CupcheckError } from '../../errors.js';

/** Takes a stream apart in the lengths that are asked for; holds one piece of it at a time. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array();
  #taken = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Bytes that were taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** At most `most` bytes of the piece at hand; none at the end. */
  async #next(most: number): Promise<Uint8Array> {
    while (this.#piece.length === 0) {
      const { done, value } = await this.#source.next();
      if (done === true) return new Uint8Array();
      this.#piece = value;
    }
    const part = this.#piece.subarray(0, most);
    this.#piece = this.#piece.subarray(part.length);
    this.#taken += part.length;
    return part;
  }

  /** The next `length` bytes, piece by piece. Errors: BUNDLE_ARCHIVE where the stream ends before. */
  async *pieces(length: number): AsyncGenerator<Uint8Array, void> {
    for (let left = length; left > 0; ) {
      const piece = await this.#next(left);
      if (piece.length === 0)
        throw new CupcheckError('BUNDLE_ARCHIVE', `the archive ends after ${this.#taken} bytes, in the middle`);
      left -= piece.length;
      yield piece;
    }
  }

  /** The next `length` bytes together: the caller has bounded them. Errors: BUNDLE_ARCHIVE. */
  async exactly(length: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const piece of this.pieces(length)) parts.push(piece);
    return Buffer.concat(parts);
  }

  /** The next `length` bytes, which must all be zero. Errors: BUNDLE_ARCHIVE. */
  async zeros(length: number): Promise<void> {
    for await (const piece of this.pieces(length))
      if (piece.some((byte) => byte !== 0))
        throw new CupcheckError(
          'BUNDLE_ARCHIVE',
          `the archive holds something before byte ${this.#taken}, wanted none`,
        );
  }

  /** Errors: BUNDLE_ARCHIVE where the stream goes on. */
  async end(): Promise<void> {
    if ((await this.#next(1)).length > 0)
      throw new CupcheckError('BUNDLE_ARCHIVE', `the archive goes on after its end, at byte ${this.#taken - 1}`);
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

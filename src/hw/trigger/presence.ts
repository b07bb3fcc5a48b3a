import type { LineChange } from './debounced-line.js';

export interface PresenceOptions {
  /** A picture that differs from the empty place by more than this shows a cup; levels of 255. */
  readonly enter: number;
  /** One that differs by less than this shows none. Below `enter`, so that nothing flickers between. */
  readonly leave: number;
  /** Two pictures in a row that differ by no more than this are at rest. */
  readonly still: number;
}

/**
 * Whether a cup stands there, told from pictures; pure. A cup is there once the picture differs from the empty place and has
 * come to rest. It is gone when the place is empty again, and also when the picture is no longer the one that came to rest: it
 * was moved, or is another cup, which counts anew once it rests.
 */
export class Presence<Thumb> {
  readonly #options: PresenceOptions;
  readonly #empty: Thumb;
  readonly #difference: (a: Thumb, b: Thumb) => number;
  #before: Thumb | null = null;
  /** The picture that came to rest; `null` = no cup. */
  #rested: Thumb | null = null;

  /** @param difference levels of 255 */
  constructor(options: PresenceOptions, empty: Thumb, difference: (a: Thumb, b: Thumb) => number) {
    this.#options = options;
    this.#empty = empty;
    this.#difference = difference;
  }

  /** The next frame, exposed at `exposedNs`; what it changes, with that moment. Errors: those of `difference`. */
  look(seen: Thumb, exposedNs: bigint): LineChange | null {
    const { enter, leave, still } = this.#options;
    const fromEmpty = this.#difference(seen, this.#empty);
    const before = this.#before;
    this.#before = seen;
    if (this.#rested === null) {
      if (fromEmpty <= enter || before === null || this.#difference(seen, before) > still) return null;
      this.#rested = seen;
      return { active: true, atNs: exposedNs };
    }
    if (fromEmpty >= leave && this.#difference(seen, this.#rested) <= enter) return null;
    this.#rested = null;
    return { active: false, atNs: exposedNs };
  }
}

import type { TriggerEvent } from '../ports.js';

/** The way of the sensor's events to the station. A test may take arrivals and removals for itself; a sensor that is lost is always told. */
export class TriggerTap {
  readonly #onward: (event: TriggerEvent) => void;
  #test: ((event: Extract<TriggerEvent, { type: 'placed' | 'removed' }>) => void) | null = null;

  constructor(onward: (event: TriggerEvent) => void) {
    this.#onward = onward;
  }

  readonly take = (event: TriggerEvent): void => {
    if (this.#test !== null && (event.type === 'placed' || event.type === 'removed')) this.#test(event);
    else this.#onward(event);
  };

  /** Takes them until the answer is called. One test at a time. */
  divert(test: (event: Extract<TriggerEvent, { type: 'placed' | 'removed' }>) => void): () => void {
    this.#test = test;
    return () => {
      this.#test = null;
    };
  }

  /** A cup that came during a test, and stands there still. */
  arrived(atNs: bigint): void {
    this.#onward({ type: 'placed', atNs });
  }
}

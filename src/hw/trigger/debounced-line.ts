import type { Clock, TriggerEvent } from '../../daemon/ports.js';
import { CupcheckError } from '../../errors.js';
import { Debounce, type DebounceOptions, type Settled } from './debounce.js';

/** One sensor line in time: raw changes in, the trigger's events out. What every driver puts behind its line. */
export class DebouncedLine {
  readonly #debounce: Debounce;
  readonly #clock: Clock;
  readonly #listener: (event: TriggerEvent) => void;
  #wait = new AbortController();
  #stopped = false;

  constructor(options: DebounceOptions, clock: Clock, listener: (event: TriggerEvent) => void) {
    this.#debounce = new Debounce(options);
    this.#clock = clock;
    this.#listener = listener;
  }

  get refused(): number {
    return this.#debounce.refused;
  }

  change(present: boolean, atNs: bigint): void {
    if (this.#stopped) return;
    this.#debounce.change(present, atNs);
    this.#settle();
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#stopped = true;
    this.#wait.abort();
  }

  #settle(): void {
    this.#wait.abort();
    for (let event = this.#debounce.settle(this.#clock.nowNs()); event !== null && !this.#stopped; ) {
      this.#listener(this.#told(event));
      event = this.#debounce.settle(this.#clock.nowNs());
    }
    const dueNs = this.#debounce.dueNs;
    if (dueNs === null || this.#stopped) return;
    this.#wait = new AbortController();
    void this.#clock.until(dueNs, this.#wait.signal).then(
      () => this.#settle(),
      () => null, // the line changed before it settled
    );
  }

  #told(event: Settled): TriggerEvent {
    if (event.type !== 'chatter') return event;
    const message = `the cup sensor has changed ${event.changes} times without rest; it is loose or broken`;
    return { type: 'lost', error: new CupcheckError('TRIGGER_LOST', message) };
  }
}

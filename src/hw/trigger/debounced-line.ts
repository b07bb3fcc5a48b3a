import type { Clock, TriggerEvent } from '../../daemon/ports.js';
import { CupcheckError } from '../../errors.js';
import { Debounce, type DebounceOptions, type Settled } from './debounce.js';

/** A change of a sensor's raw level. */
export interface LineChange {
  readonly active: boolean;
  readonly atNs: bigint;
}

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

  change(active: boolean, atNs: bigint): void {
    this.changes([{ active, atNs }]);
  }

  /** Changes in their order. They may come late and together: each rest between them is judged by their own times. */
  changes(changes: readonly LineChange[]): void {
    if (this.#stopped) return;
    for (const { active, atNs } of changes) {
      this.#tellUntil(atNs - 1n);
      this.#debounce.change(active, atNs);
    }
    this.#settle();
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#stopped = true;
    this.#wait.abort();
  }

  #settle(): void {
    this.#wait.abort();
    this.#tellUntil(this.#clock.nowNs());
    const dueNs = this.#debounce.dueNs;
    if (dueNs === null || this.#stopped) return;
    this.#wait = new AbortController();
    void this.#clock.until(dueNs, this.#wait.signal).then(
      () => this.#settle(),
      () => null, // the line changed before it settled
    );
  }

  #tellUntil(ns: bigint): void {
    for (let event = this.#debounce.settle(ns); event !== null && !this.#stopped; event = this.#debounce.settle(ns)) {
      this.#listener(this.#told(event));
    }
  }

  #told(event: Settled): TriggerEvent {
    if (event.type === 'stuck') {
      const forS = (this.#clock.nowNs() - event.sinceNs) / 1_000_000_000n;
      const message = `the cup sensor has reported a cup for ${forS} s without a change`;
      return { type: 'lost', error: new CupcheckError('TRIGGER_STUCK', message) };
    }
    if (event.type !== 'chatter') return event;
    const message = `the cup sensor has changed ${event.changes} times without rest; it is loose or broken`;
    return { type: 'lost', error: new CupcheckError('TRIGGER_LOST', message) };
  }
}

import type { Clock, Trigger, TriggerEvent } from '../../daemon/ports.js';
import { CupcheckError } from '../../errors.js';
import type { DebounceOptions } from './debounce.js';
import { DebouncedLine } from './debounced-line.js';

/** One step of a script, counted from `start`. */
export interface ScriptStep {
  readonly atMs: number;
  readonly do: 'place' | 'remove' | 'lose' | 'find';
}

export interface ScriptedTriggerOptions extends DebounceOptions {
  readonly clock: Clock;
  readonly script?: readonly ScriptStep[];
}

/**
 * A simulated cup sensor, driven by calls or by a script; it bounces and gets lost on demand.
 * With `level`, a cup that already stands there at `start` is told as `placed`.
 * With `edge_only`, `place` is one pulse and `remove` is not seen.
 */
export class ScriptedTrigger implements Trigger {
  readonly kind: Trigger['kind'];
  readonly #options: ScriptedTriggerOptions;
  #listener: ((event: TriggerEvent) => void) | null = null;
  #line: DebouncedLine | null = null;
  #script = new AbortController();
  #present = false;
  /** Of lines before the present one. */
  #refusedBefore = 0;

  constructor(options: ScriptedTriggerOptions) {
    this.kind = options.kind;
    this.#options = options;
  }

  /** Whether a cup stands on the simulated station. */
  get present(): boolean {
    return this.#present;
  }

  get refused(): number {
    return this.#refusedBefore + (this.#line?.refused ?? 0);
  }

  readonly missed = 0;

  start(listener: (event: TriggerEvent) => void): Promise<void> {
    if (this.#listener !== null) return Promise.resolve();
    this.#listener = listener;
    this.#connect();
    this.#script = new AbortController();
    const startNs = this.#options.clock.nowNs();
    for (const step of this.#options.script ?? []) this.#schedule(step, startNs, this.#script.signal);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#script.abort();
    this.#disconnect();
    this.#listener = null;
    return Promise.resolve();
  }

  place(): void {
    this.#level(true);
    // A pulse is over as soon as it was seen.
    if (this.kind === 'edge_only') this.#line?.change(false, this.#options.clock.nowNs());
  }

  remove(): void {
    this.#level(false);
  }

  /** The contact flutters `times` times and rests as it was. */
  bounce(times: number): void {
    const { clock } = this.#options;
    const rest = this.kind === 'level' && this.#present;
    for (let i = 0; i < times; i++) {
      this.#line?.change(!rest, clock.nowNs());
      this.#line?.change(rest, clock.nowNs());
    }
  }

  /** The sensor cannot be read any more: `lost`, then silence until `find`. */
  lose(message = 'the simulated cup sensor was unplugged'): void {
    if (this.#line === null) return;
    this.#disconnect();
    this.#listener?.({ type: 'lost', error: new CupcheckError('TRIGGER_LOST', message) });
  }

  /** The sensor can be read again: `found`, and a cup that stands there is told as `placed`. */
  find(): void {
    if (this.#line !== null) return;
    this.#listener?.({ type: 'found', atNs: this.#options.clock.nowNs() });
    this.#connect();
  }

  #connect(): void {
    if (this.#listener === null) return;
    this.#line = new DebouncedLine(this.#options, this.#options.clock, this.#listener);
    if (this.kind === 'level' && this.#present) this.#line.change(true, this.#options.clock.nowNs());
  }

  #disconnect(): void {
    this.#refusedBefore = this.refused;
    this.#line?.stop();
    this.#line = null;
  }

  #level(present: boolean): void {
    this.#present = present;
    this.#line?.change(present, this.#options.clock.nowNs());
  }

  #schedule(step: ScriptStep, startNs: bigint, signal: AbortSignal): void {
    const atNs = startNs + BigInt(Math.round(step.atMs * 1e6));
    void this.#options.clock.until(atNs, signal).then(
      () => this[step.do](),
      () => null, // stopped before this step
    );
  }
}

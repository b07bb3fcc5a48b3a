import type { Clock, LightLines, LightState } from '../ports.js';

type Steady = Exclude<LightState, 'fault'>;

/** Half a period of the blinking of `fault`. */
export const blinkMs = 500;

interface Turn {
  readonly state: Steady;
  readonly done: (atNs: bigint | null) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Drives the lines: one change at a time, the latest wish next, `fault` as blinking amber.
 * Whatever was wished in between and overtaken is never driven.
 */
export class Lamp {
  readonly #lines: LightLines;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;
  #next: Turn | null = null;
  #driving = false;
  #blinking = new AbortController();

  /** @param onFailure the lines failed where nobody waits: while blinking */
  constructor(lines: LightLines, clock: Clock, onFailure: (error: unknown) => void) {
    this.#lines = lines;
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  /** Resolves with the moment at which the lines showed `state`, or `null` where a later wish overtook it. Errors: LIGHT_LOST. */
  show(state: LightState): Promise<bigint | null> {
    this.#blinking.abort();
    if (state !== 'fault') return this.#drive(state);
    this.#blinking = new AbortController();
    const shown = this.#drive('amber');
    void this.#blink(this.#blinking.signal).catch(this.#onFailure);
    return shown;
  }

  async #blink(signal: AbortSignal): Promise<void> {
    for (let next: Steady = 'dark'; ; next = next === 'dark' ? 'amber' : 'dark') {
      const paused = this.#clock.until(this.#clock.nowNs() + BigInt(blinkMs) * 1_000_000n, signal);
      if (!(await paused.then(yes, no)) || signal.aborted) return;
      await this.#drive(next);
    }
  }

  #drive(state: Steady): Promise<bigint | null> {
    return new Promise((done, failed) => {
      this.#next?.done(null);
      this.#next = { state, done, failed };
      if (!this.#driving) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#driving = true;
    for (let turn = this.#take(); turn !== null; turn = this.#take()) {
      try {
        await this.#lines.set(turn.state);
        turn.done(this.#clock.nowNs());
      } catch (error) {
        turn.failed(error);
      }
    }
    this.#driving = false;
  }

  #take(): Turn | null {
    const turn = this.#next;
    this.#next = null;
    return turn;
  }
}

const yes = (): boolean => true;
const no = (): boolean => false;

import { appendFileSync } from 'node:fs';
import type { Clock, LightLines } from '../../daemon/ports.js';
import { CupcheckError } from '../../errors.js';
import type { LineState } from './line-state.js';

/** A change of the lines. */
export interface Transition {
  readonly state: LineState;
  readonly atNs: bigint;
}

export interface MemoryLinesOptions {
  readonly clock: Clock;
  /** A file to which each transition is appended, a JSON object a line, so that other processes can read what was shown. */
  readonly path: string | null;
}

/** Transitions kept in memory; older ones are forgotten. */
const kept = 10_000;

/** Output lines that only remember what they showed. */
export class MemoryLines implements LightLines {
  readonly #options: MemoryLinesOptions;
  #transitions: Transition[] = [];
  #state: LineState = 'dark';
  #closed = false;

  constructor(options: MemoryLinesOptions) {
    this.#options = options;
  }

  get state(): LineState {
    return this.#state;
  }

  get transitions(): readonly Transition[] {
    return this.#transitions;
  }

  // oxlint-disable-next-line typescript/require-await -- a driver of real lines waits here
  async set(state: LineState): Promise<void> {
    if (this.#closed) throw new CupcheckError('LIGHT_LOST', `the lines are closed; they cannot show ${state}`);
    if (state === this.#state) return;
    const atNs = this.#options.clock.nowNs();
    this.#append({ state, atNs });
    this.#state = state;
    this.#transitions.push({ state, atNs });
    if (this.#transitions.length > kept) this.#transitions = this.#transitions.slice(-kept);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.set('dark');
    this.#closed = true;
  }

  #append(transition: Transition): void {
    const { path } = this.#options;
    if (path === null) return;
    try {
      appendFileSync(path, `${JSON.stringify({ state: transition.state, atNs: String(transition.atNs) })}\n`);
    } catch (cause) {
      throw new CupcheckError('LIGHT_LOST', `the transition to ${transition.state} cannot be written to ${path}`, {
        cause,
      });
    }
  }
}

import { duration } from '../status-lines.js';
import type { Terminal } from '../terminal.js';
import { ProgressLine } from './progress-line.js';

/** How many of some things are done, how fast, and how long the rest takes. */
export class CountProgress {
  readonly #terminal: Terminal;
  readonly #line: ProgressLine;
  readonly #clockMs: () => number;
  #startedMs = 0;
  /** Done when the clock began: how long they took is not known. */
  #before = 0;
  #last: { readonly done: number; readonly total: number } | null = null;

  constructor(terminal: Terminal, clockMs: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#line = new ProgressLine(terminal, clockMs);
    this.#clockMs = clockMs;
  }

  /** `resumed` of the `done` were there from the start. */
  update(done: number, total: number, resumed = 0): void {
    if (this.#last === null) {
      [this.#startedMs, this.#before] = [this.#clockMs(), done];
      if (resumed > 0) this.#terminal.err(`Going on after ${resumed} of ${total} that an earlier run has judged.`);
    }
    this.#last = { done, total };
    const seconds = (this.#clockMs() - this.#startedMs) / 1000;
    this.#line.show(total === 0 ? 1 : done / total, () => countText(done, total, done - this.#before, seconds));
  }

  /** Takes the bar away; what is said next begins a line. */
  end(): void {
    this.#line.end();
  }

  get done(): number {
    return this.#last?.done ?? 0;
  }

  get total(): number {
    return this.#last?.total ?? 0;
  }
}

/** "120 of 5000, 24.3 a second, 3 min left". */
export function countText(done: number, total: number, judged: number, seconds: number): string {
  const rate = seconds > 0 ? judged / seconds : 0;
  if (rate === 0) return `${done} of ${total}`;
  return `${done} of ${total}, ${rate.toFixed(1)} a second, ${duration((total - done) / rate)} left`;
}

import { duration } from '../status-lines.js';
import type { Screen, Terminal } from '../terminal.js';

/** How often the bar is drawn, and how often a line is said where no bar can be. */
const drawEveryMs = 200;
const sayEveryMs = 10_000;
const barColumns = 24;

/** How far an evaluation is: a bar in a terminal, a line every few seconds elsewhere. The output is for the summary alone. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #screen: Screen | null;
  readonly #clockMs: () => number;
  #startedMs = 0;
  #shownMs = 0;
  #last: { readonly done: number; readonly total: number; readonly resumed: number } | null = null;

  constructor(terminal: Terminal, clockMs: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#screen = terminal.errScreen ?? null;
    this.#clockMs = clockMs;
  }

  /** `resumed` of the `done` were there from the start: the rate does not count them. */
  update(done: number, total: number, resumed: number): void {
    const nowMs = this.#clockMs();
    if (this.#last === null) {
      this.#startedMs = nowMs;
      this.#shownMs = nowMs;
      if (resumed > 0) this.#terminal.err(`Going on after ${resumed} of ${total} that an earlier run has judged.`);
    }
    this.#last = { done, total, resumed };
    if (nowMs - this.#shownMs < (this.#screen === null ? sayEveryMs : drawEveryMs)) return;
    this.#shownMs = nowMs;
    const text = progressText(done, total, done - resumed, (nowMs - this.#startedMs) / 1000);
    if (this.#screen === null) this.#terminal.err(text);
    else this.#screen.write(`\r\u001b[K${barText(done / total, text, this.#screen.columns)}`);
  }

  /** Takes the bar away; what is said next begins a line. */
  end(): void {
    if (this.#last !== null) this.#screen?.write('\r\u001b[K');
  }

  get done(): number {
    return this.#last?.done ?? 0;
  }

  get total(): number {
    return this.#last?.total ?? 0;
  }
}

/** "120 of 5000, 24.3 a second, 3 min left". */
export function progressText(done: number, total: number, judged: number, seconds: number): string {
  const rate = seconds > 0 ? judged / seconds : 0;
  if (rate === 0) return `${done} of ${total}`;
  return `${done} of ${total}, ${rate.toFixed(1)} a second, ${duration((total - done) / rate)} left`;
}

/** The bar is left out where it would not fit: a line that is broken can't be drawn again. */
export function barText(share: number, text: string, columns: number): string {
  const full = Math.round(share * barColumns);
  const bar = `[${'#'.repeat(full)}${'.'.repeat(barColumns - full)}] `;
  return (bar.length + text.length < columns ? bar + text : text).slice(0, columns - 1);
}

import type { Screen, Terminal } from '../terminal.js';

/** Nothing is shown of what is done within a second. */
const quietMs = 1000;
const drawEveryMs = 200;
const sayEveryMs = 10_000;
const barColumns = 24;

/**
 * How far something is, on the error stream, since the output is for what comes of it: a bar in a terminal, elsewhere a line after the first
 * second and every 10 s. A bar that could not be drawn again over a slow line, or in 80 columns, is no bar: see `barText`.
 */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #screen: Screen | null;
  readonly #clockMs: () => number;
  #shownMs: number;
  #drawn = false;

  constructor(terminal: Terminal, clockMs: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#screen = terminal.errScreen ?? null;
    this.#clockMs = clockMs;
    this.#shownMs = clockMs() + quietMs - this.#everyMs;
  }

  get #everyMs(): number {
    return this.#screen === null ? sayEveryMs : drawEveryMs;
  }

  /** @param share 0 to 1 @param text asked for only where it is shown */
  show(share: number, text: () => string): void {
    const nowMs = this.#clockMs();
    if (nowMs - this.#shownMs < this.#everyMs) return;
    this.#shownMs = nowMs;
    if (this.#screen === null) this.#terminal.err(text());
    else this.#screen.write(`\r\u001b[K${barText(Math.min(1, share), text(), this.#screen.columns)}`);
    this.#drawn = true;
  }

  /** Takes the bar away; what is said next begins a line. */
  end(): void {
    if (this.#drawn) this.#screen?.write('\r\u001b[K');
    this.#drawn = false;
  }
}

/** The bar is left out where it would not fit: a line that is broken can't be drawn again. */
export function barText(share: number, text: string, columns: number): string {
  const full = Math.round(share * barColumns);
  const bar = `[${'#'.repeat(full)}${'.'.repeat(barColumns - full)}] `;
  return (bar.length + text.length < columns ? bar + text : text).slice(0, columns - 1);
}

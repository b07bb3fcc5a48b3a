import { barText } from '../evaluate/progress.js';
import type { Screen, Terminal } from '../terminal.js';

/** Nothing is shown of what is done within a second. */
const quietMs = 1000;
const drawEveryMs = 200;
const sayEveryMs = 10_000;

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** How much of a bundle is done: a bar in a terminal, a line now and then elsewhere, both on the error stream. */
export class ByteProgress {
  readonly #terminal: Terminal;
  readonly #screen: Screen | null;
  readonly #total: number;
  readonly #clockMs: () => number;
  #shownMs: number;
  #done = 0;
  #drawn = false;

  constructor(terminal: Terminal, total: number, clockMs: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#screen = terminal.errScreen ?? null;
    this.#total = total;
    this.#clockMs = clockMs;
    this.#shownMs = clockMs() + quietMs - (this.#screen === null ? sayEveryMs : drawEveryMs);
  }

  add(bytes: number): void {
    this.#done += bytes;
    const nowMs = this.#clockMs();
    if (nowMs - this.#shownMs < (this.#screen === null ? sayEveryMs : drawEveryMs)) return;
    this.#shownMs = nowMs;
    const text = `${megabytes(this.#done)} of ${megabytes(this.#total)}`;
    if (this.#screen === null) this.#terminal.err(text);
    else this.#screen.write(`\r\u001b[K${barText(Math.min(1, this.#done / this.#total), text, this.#screen.columns)}`);
    this.#drawn = true;
  }

  /** Takes the bar away; what is said next begins a line. */
  end(): void {
    if (this.#drawn) this.#screen?.write('\r\u001b[K');
  }
}

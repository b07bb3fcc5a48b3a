import type { BuildProgress } from '../../daemon/engines/build-engine.js';
import { barText } from '../evaluate/progress.js';
import type { Terminal } from '../terminal.js';

/** Nothing is said more often than this where there is no bar. */
const sayEveryMs = 10_000;

const words = { prepare: 'networks prepared', compare: 'golden pictures judged' } as const;

/** How far a build is: a bar in a terminal, a line now and then elsewhere, both on the error stream. */
export class BuildProgressBar {
  readonly #terminal: Terminal;
  readonly #clockMs: () => number;
  #saidMs: number;
  #drawn = false;

  constructor(terminal: Terminal, clockMs: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#clockMs = clockMs;
    this.#saidMs = clockMs();
  }

  update({ step, precision, done, total }: BuildProgress): void {
    const text = `${precision}: ${done} of ${total} ${words[step]}`;
    const screen = this.#terminal.errScreen;
    if (screen !== undefined) {
      screen.write(`\r\u001b[K${barText(total === 0 ? 1 : done / total, text, screen.columns)}`);
      this.#drawn = true;
      return;
    }
    const nowMs = this.#clockMs();
    if (nowMs - this.#saidMs < sayEveryMs) return;
    this.#saidMs = nowMs;
    this.#terminal.err(text);
  }

  /** Takes the bar away; what is said next begins a line. */
  end(): void {
    if (this.#drawn) this.#terminal.errScreen?.write('\r\u001b[K');
  }
}

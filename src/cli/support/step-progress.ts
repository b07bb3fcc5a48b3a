import { barText } from '../evaluate/progress.js';
import type { Screen, Terminal } from '../terminal.js';

/** Nothing is shown of what is done within a second. */
const quietMs = 1000;

/** Which of some steps is being done: a bar on the error stream, in a terminal alone. */
export class StepProgress {
  readonly #screen: Screen | null;
  readonly #steps: number;
  readonly #clockMs: () => number;
  readonly #startedMs: number;
  #step = 0;
  #drawn = false;

  constructor(terminal: Terminal, steps: number, clockMs: () => number = () => performance.now()) {
    this.#screen = terminal.errScreen ?? null;
    this.#steps = steps;
    this.#clockMs = clockMs;
    this.#startedMs = clockMs();
  }

  begin(name: string): void {
    const share = Math.min(1, this.#step++ / this.#steps);
    if (this.#screen === null || this.#clockMs() - this.#startedMs < quietMs) return;
    this.#screen.write(`\r\u001b[K${barText(share, name, this.#screen.columns)}`);
    this.#drawn = true;
  }

  /** Takes the bar away; what is said next begins a line. */
  end(): void {
    if (this.#drawn) this.#screen?.write('\r\u001b[K');
  }
}

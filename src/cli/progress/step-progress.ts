import type { Terminal } from '../terminal.js';
import { ProgressLine } from './progress-line.js';

/** How often a step that takes long is shown again, with its seconds. */
const lookEveryMs = 200;

/** Which of some steps is being done, and for how long. */
export class StepProgress {
  readonly #line: ProgressLine;
  readonly #steps: number;
  readonly #clockMs: () => number;
  readonly #looking: NodeJS.Timeout;
  #begun = 0;
  #name = '';
  #sinceMs = 0;

  constructor(terminal: Terminal, steps: number, clockMs: () => number = () => performance.now()) {
    this.#line = new ProgressLine(terminal, clockMs);
    this.#steps = steps;
    this.#clockMs = clockMs;
    this.#looking = setInterval(() => this.look(), lookEveryMs);
    this.#looking.unref();
  }

  begin(name: string): void {
    this.#begun++;
    this.#name = name;
    this.#sinceMs = this.#clockMs();
    this.look();
  }

  /** Shows how it stands, where that is due. */
  look(): void {
    if (this.#begun === 0) return;
    const seconds = Math.floor((this.#clockMs() - this.#sinceMs) / 1000);
    this.#line.show(
      (this.#begun - 1) / this.#steps,
      () => `${this.#name}${seconds < 1 ? '' : `, ${String(seconds)} s`}`,
    );
  }

  /** Takes the bar away; what is said next begins a line. */
  clear(): void {
    this.#line.end();
  }

  end(): void {
    clearInterval(this.#looking);
    this.clear();
  }
}

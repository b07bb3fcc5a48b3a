import type { Terminal } from '../terminal.js';
import { ProgressLine } from './progress-line.js';

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** How many bytes of some are done. */
export class ByteProgress {
  readonly #line: ProgressLine;
  readonly #total: number;
  #done = 0;

  constructor(terminal: Terminal, total: number, clockMs?: () => number) {
    this.#line = new ProgressLine(terminal, clockMs);
    this.#total = total;
  }

  add(bytes: number): void {
    this.#done += bytes;
    this.#line.show(this.#done / this.#total, () => `${megabytes(this.#done)} of ${megabytes(this.#total)}`);
  }

  /** Takes the bar away; what is said next begins a line. */
  end(): void {
    this.#line.end();
  }
}

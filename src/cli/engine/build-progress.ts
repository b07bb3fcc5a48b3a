import type { BuildProgress } from '../../daemon/engines/build-engine.js';
import { ProgressLine } from '../progress/progress-line.js';
import type { Terminal } from '../terminal.js';

const words = { prepare: 'networks prepared', compare: 'golden pictures judged' } as const;

/** How far a build is. */
export class BuildProgressLine {
  readonly #line: ProgressLine;

  constructor(terminal: Terminal) {
    this.#line = new ProgressLine(terminal);
  }

  update({ step, precision, done, total }: BuildProgress): void {
    this.#line.show(total === 0 ? 1 : done / total, () => `${precision}: ${done} of ${total} ${words[step]}`);
  }

  /** Takes the bar away; what is said next begins a line. */
  end(): void {
    this.#line.end();
  }
}

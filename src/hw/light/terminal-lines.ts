import type { Writable } from 'node:stream';
import type { LightLines } from '../../daemon/ports.js';
import { CupcheckError } from '../../errors.js';
import type { LineState } from './line-state.js';

/** A terminal, or any stream of text. */
export type Terminal = Writable & { readonly isTTY?: boolean };

const escape = String.fromCharCode(27);
const clearLine = `\r${escape}[2K`;
const plain = `${escape}[0m`;
const colours: Record<LineState, string> = {
  green: `${escape}[42;30m`,
  amber: `${escape}[43;30m`,
  dark: `${escape}[100m`,
};

/** The light as one line of a terminal: a coloured block and the word. Where the stream is no terminal, a plain line for each change. */
export class TerminalLines implements LightLines {
  readonly #terminal: Terminal;
  #state: LineState | null = null;
  #closed = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    // Without a listener a broken pipe would end the process; the failed write itself is told by `set`.
    terminal.on('error', () => null);
  }

  async set(state: LineState): Promise<void> {
    if (this.#closed) throw new CupcheckError('LIGHT_LOST', `the terminal is closed; it cannot show ${state}`);
    if (state === this.#state) return;
    await this.#write(
      this.#terminal.isTTY === true
        ? `${clearLine}${colours[state]}      ${plain} ${state.toUpperCase()}`
        : `light: ${state}\n`,
    );
    this.#state = state;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.set('dark');
    if (this.#terminal.isTTY === true) await this.#write('\n');
    this.#closed = true;
  }

  #write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#terminal.write(text, (cause) => {
        if (cause) reject(new CupcheckError('LIGHT_LOST', `the terminal took no text: ${cause.message}`, { cause }));
        else resolve();
      });
    });
  }
}

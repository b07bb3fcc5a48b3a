import stringWidth from 'string-width';
import type { Screen } from './terminal.js';

/**
 * Lines that are drawn over each other, at the place where the first ones came. The cursor stays visible and below them, no
 * other screen is opened: a terminal that is left at any moment needs no tidying.
 */
export class Redraw {
  readonly #screen: Screen;
  #rows = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  draw(lines: readonly string[]): void {
    const { columns, rows } = this.#screen;
    const shown: string[] = [];
    let taken = 0;
    for (const line of lines) {
      const needs = Math.max(1, Math.ceil(stringWidth(line) / columns));
      // What has left the screen at its top can't be drawn over.
      if (taken + needs >= rows) break;
      shown.push(line);
      taken += needs;
    }
    const up = this.#rows === 0 ? '' : `\u001b[${this.#rows}A`;
    this.#screen.write(`${up}\r\u001b[J${shown.map((line) => `${line}\n`).join('')}`);
    this.#rows = taken;
  }
}

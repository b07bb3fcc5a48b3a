import type { PartFinding, PartState } from '../../daemon/station-check/part-finding.js';
import { indented, padded, wrap } from '../layout.js';
import { type Colour, paint, type Terminal } from '../terminal.js';

const words: Readonly<Record<PartState, string>> = {
  ok: 'ok',
  warn: 'warn',
  failed: 'FAIL',
  absent: '-',
  not_looked: '-',
};
const colours: Partial<Record<PartState, Colour>> = { ok: 'green', warn: 'amber', failed: 'red' };
const indent = 25;

/** What was found of the station's parts: a paragraph each. */
export const partLines = (parts: readonly PartFinding[], terminal: Terminal): string[] =>
  parts.flatMap(({ part, state, detail, help }) => {
    const colour = colours[state];
    const word = words[state].padEnd(4);
    const [first = '', ...more] = wrap(detail, indent);
    return [
      `${colour === undefined ? word : paint(terminal, colour, word)}  ${padded(part, indent - 6)}${first}`,
      ...more.map((line) => `${' '.repeat(indent)}${line}`),
      ...(help === null ? [] : indented(help, indent)),
    ];
  });

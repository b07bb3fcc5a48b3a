import stringWidth from 'string-width';

/** Text is read best, and compared over SSH, at no more than this. */
const widest = 80;
/** Narrower than this, columns under each other can't be kept: the terminal breaks the lines. */
const narrowest = 40;

/** Columns of text: those of the terminal within bounds, 80 into a pipe or a file. */
export const textColumns = (): number => Math.max(narrowest, Math.min(widest, process.stdout.columns || widest));

/** `text` filled up with spaces to `columns` as they are seen. */
export const padded = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - stringWidth(text)));

/** What a terminal must not be sent: texts come from labels, brokers and files. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, '\u00b7');

/** Breaks a text at spaces so that each line fits beside an indent; a word that is longer stays whole. */
export function wrap(text: string, indent: number): string[] {
  const room = textColumns() - indent;
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    if (line !== '' && stringWidth(line) + 1 + stringWidth(word) > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** Lines of "label  text", the texts under each other. */
export function fields(rows: readonly (readonly [label: string, text: string])[]): string[] {
  const indent = Math.max(...rows.map(([label]) => stringWidth(label))) + 2;
  return rows.flatMap(([label, text]) =>
    wrap(text, indent).map((line, index) => `${padded(index === 0 ? label : '', indent)}${line}`),
  );
}

/** A paragraph under an indent. */
export const indented = (text: string, indent: number): string[] =>
  wrap(text, indent).map((line) => `${' '.repeat(indent)}${line}`);

/** A paragraph whose lines but the first are indented. */
export function hanging(text: string): string[] {
  return wrap(text, 4).map((line, index) => (index === 0 ? line : `    ${line}`));
}

/** Milliseconds for people: "312 ms"; "-" where there are none. */
export const ms = (value: number | null): string => (value === null ? '-' : `${Math.round(value)} ms`);

/** A moment in ISO 8601 and UTC as "2026-11-28 19:00 UTC". */
export const minuteOf = (moment: string): string => `${moment.slice(0, 10)} ${moment.slice(11, 16)} UTC`;

/** A size for people: "9.2 kB", from a million bytes on "27.3 MB". */
export const sizeText = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

/** "1 cup", "2 cups". */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;

/** Rows of cells, the first column to the left, the others to the right; a cell may hold any text. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, stringWidth(cell))),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, at) =>
        at === 0 ? padded(cell, widths[at] ?? 0) : `${' '.repeat((widths[at] ?? 0) - stringWidth(cell))}${cell}`,
      )
      .join('  '),
  );
}

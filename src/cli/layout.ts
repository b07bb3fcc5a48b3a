const width = 80;

/** What a terminal must not be sent: texts come from labels, brokers and files. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, '\u00b7');

/** Breaks a text at spaces so that each line fits beside an indent; a word that is longer stays whole. */
export function wrap(text: string, indent: number): string[] {
  const room = width - indent;
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
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
  const indent = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.flatMap(([label, text]) =>
    wrap(text, indent).map((line, index) => `${(index === 0 ? label : '').padEnd(indent)}${line}`),
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

/** "1 cup", "2 cups". */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;

/** Where the command line prints. Tests give their own. */
export interface Terminal {
  /** Writes a line. */
  out(line: string): void;
  /** Writes a line to the error stream. */
  err(line: string): void;
  readonly colour: boolean;
}

/** The process's own streams: colour only on a terminal, and not where NO_COLOR is set (no-color.org). */
export function processTerminal(): Terminal {
  const { NO_COLOR, TERM } = process.env;
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    colour: process.stdout.isTTY && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb',
  };
}

const codes = { green: 32, amber: 33, red: 31, bold: 1 } as const;

/** `text` in a colour where the terminal has any. */
export function paint(terminal: Terminal, colour: keyof typeof codes, text: string): string {
  return terminal.colour ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;
}

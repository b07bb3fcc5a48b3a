/** Where the command line prints. Tests give their own. */
export interface Terminal {
  /** Writes a line. */
  out(line: string): void;
  /** Writes a line to the error stream. */
  err(line: string): void;
  /** Whether the output takes colours. */
  readonly colour: boolean;
  /** Whether the error stream does; absent = no. */
  readonly errColour?: boolean;
  /** The output as a screen whose lines can be drawn again; absent = a pipe, a file, or a terminal that can't. */
  readonly screen?: Screen;
  /** The error stream as one. */
  readonly errScreen?: Screen;
}

/** A terminal that understands cursor movements. */
export interface Screen {
  write(text: string): void;
  readonly columns: number;
  readonly rows: number;
}

/** The process's own streams: colour only on a terminal, and not where NO_COLOR is set (no-color.org). */
export function processTerminal(): Terminal {
  const { NO_COLOR, TERM } = process.env;
  const able = TERM !== 'dumb';
  const wanted = able && (NO_COLOR === undefined || NO_COLOR === '');
  const { stdout, stderr } = process;
  return {
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    colour: stdout.isTTY && wanted,
    errColour: stderr.isTTY && wanted,
    ...(stdout.isTTY && able ? { screen: screenOf(stdout) } : {}),
    ...(stderr.isTTY && able ? { errScreen: screenOf(stderr) } : {}),
  };
}

function screenOf(stream: NodeJS.WriteStream): Screen {
  return {
    write: (text) => void stream.write(text),
    // A terminal that was never told its size has 0.
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
  };
}

const codes = { green: 32, amber: 33, red: 31, bold: 1 } as const;
export type Colour = keyof typeof codes;

const painted = (colour: Colour, text: string) => `\u001b[${codes[colour]}m${text}\u001b[0m`;

/** `text` in a colour where the output has any. */
export function paint(terminal: Terminal, colour: Colour, text: string): string {
  return terminal.colour ? painted(colour, text) : text;
}

/** `text` in a colour where the error stream has any. */
export function paintError(terminal: Terminal, colour: Colour, text: string): string {
  return terminal.errColour === true ? painted(colour, text) : text;
}

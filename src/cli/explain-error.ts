import { asCupcheckError } from '../errors.js';
import { type ExitCode, exitCodeOf } from './exit-codes.js';
import { indented, printable } from './layout.js';
import { paint, type Terminal } from './terminal.js';

/** Prints what failed, with what value, and what to do, in one form; with `debug` the stack too. */
export function explainError(
  thrown: unknown,
  terminal: Terminal,
  { json, debug }: { readonly json: boolean; readonly debug: boolean },
): ExitCode {
  const error = asCupcheckError(thrown);
  const { code, message, help } = error;
  if (json) {
    terminal.out(JSON.stringify({ error: { code, message, help } }));
  } else {
    for (const [index, line] of message.split('\n').entries()) {
      const text = printable(line);
      terminal.err(index === 0 ? `${paint(terminal, 'red', 'cupcheck:')} ${text}` : `          ${text}`);
    }
    for (const line of indented(`${help} (${code})`, 10)) terminal.err(line);
  }
  if (debug) for (let at: unknown = error; at instanceof Error; at = at.cause) terminal.err(at.stack ?? String(at));
  return exitCodeOf(error);
}

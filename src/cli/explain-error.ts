import { asCupcheckError } from '../errors.js';
import { deniedHelp, isDenied } from './denied.js';
import { badInput, type ExitCode, exitCodeOf } from './exit-codes.js';
import { indented, wrap } from './layout.js';
import { paintError, type Terminal } from './terminal.js';

/** Prints what failed, with what value, and what to do, in one form; with `debug` the stack too. */
export function explainError(
  thrown: unknown,
  terminal: Terminal,
  { json, debug }: { readonly json: boolean; readonly debug: boolean },
): ExitCode {
  const error = asCupcheckError(thrown);
  const { code, message } = error;
  // What the code advises is for what is broken, and here nothing is.
  const help = isDenied(error) && code !== 'SOCKET_DENIED' ? deniedHelp : error.help;
  if (json) {
    terminal.out(JSON.stringify({ error: { code, message, help } }));
  } else {
    const [first = '', ...more] = message.split('\n').flatMap((line) => wrap(line, 10));
    terminal.err(`${paintError(terminal, 'red', 'cupcheck:')} ${first}`);
    for (const line of more) terminal.err(`          ${line}`);
    for (const line of indented(`${help} (${code})`, 10)) terminal.err(line);
  }
  if (debug) for (let at: unknown = error; at instanceof Error; at = at.cause) terminal.err(at.stack ?? String(at));
  return help === deniedHelp ? badInput : exitCodeOf(error);
}

import { Command, CommanderError } from 'commander';
import { CupcheckError } from '../errors.js';
import { ownVersion } from '../pipeline/bundle/own-version.js';
import { collect } from './arguments.js';
import { Cli, examples, type GlobalOptions, noOptions } from './cli.js';
import { badInput, done, exitCodes } from './exit-codes.js';
import { explainError } from './explain-error.js';
import { textColumns } from './layout.js';
import type { Terminal } from './terminal.js';
import { verbs } from './verbs.js';

/** The whole command line; `cli` takes what a run needs. */
export function buildProgram(cli: Cli): Command {
  const program = new Command('cupcheck')
    .description('Looks into a cup of supposedly identical items: green = every one is confirmed, amber = look.')
    .version(ownVersion(), '--version', 'print the version')
    .option('--json', 'print JSON: one document a line')
    .option('--config <file>', 'the config (default: $CUPCHECK_CONFIG, else /etc/cupcheck/config.yaml)')
    .option('--set <key=value>', 'override a key of the config; may be given several times', collect)
    .option('--no-color', 'print no colours (as NO_COLOR in the environment does)')
    .option('--debug', 'print the stack of an error')
    .exitOverride()
    .configureHelp({ helpWidth: textColumns(), showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => cli.terminal.out(text.trimEnd()),
      writeErr: (text) => cli.terminal.err(text.trimEnd()),
      // Printed below, in the form of every other error.
      outputError: () => undefined,
    })
    .hook('preAction', (_program, action) => {
      cli.options = { ...noOptions, ...action.optsWithGlobals<Partial<GlobalOptions>>() };
    });
  examples(program, ['cupcheck demo', 'cupcheck status', 'cupcheck judge cup.jpg --expect harbour-2021']);
  program.addHelpText('after', `\nExit codes:\n${exitCodeLines().join('\n')}`);
  for (const register of verbs) register(program, cli);
  return program;
}

/** Runs one command line. Never throws; returns the exit code. */
export async function runCli(argv: readonly string[], terminal: Terminal, env: NodeJS.ProcessEnv): Promise<number> {
  const given = { json: argv.includes('--json'), debug: argv.includes('--debug') };
  const shown = argv.includes('--no-color') ? { ...terminal, colour: false, errColour: false } : terminal;
  const cli = new Cli(shown, env);
  try {
    await buildProgram(cli).parseAsync(argv, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return explainError(error, shown, given);
    if (error.exitCode === 0) return done;
    // A command without its verb: commander has printed the help.
    if (error.code === 'commander.help') return badInput;
    return explainError(new CupcheckError('USAGE', error.message.replace(/^error: /, '')), terminal, given);
  }
}

function exitCodeLines(): string[] {
  return Object.values(exitCodes).map(({ code, means }) => `  ${code}  ${means}`);
}

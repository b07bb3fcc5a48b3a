import { userInfo } from 'node:os';
import { Argument, type Command } from 'commander';
import { type Cli, examples } from '../cli.js';
import { done } from '../exit-codes.js';

export function registerResolve(program: Command, cli: Cli): void {
  const command = program
    .command('resolve')
    .description('record what the person who looked found; it never makes a cup green')
    .argument('<cup>', "the cup's seq or id: cupcheck journal tail")
    .addArgument(new Argument('<outcome>', 'ok: the cup was right; wrong: it was not').choices(['ok', 'wrong']))
    .option('--by <name>', 'who looked (default: your user name)')
    .option('--note <text>', 'what was found')
    .action(
      cli.action(async (cup: string, outcome: 'ok' | 'wrong', options: { by?: string; note?: string }) => {
        const by = options.by ?? userInfo().username;
        const resolved = await cli.ask<{ seq: number; id: string }>('resolve', {
          cup,
          outcome,
          by,
          note: options.note ?? null,
        });
        cli.print({ ...resolved, outcome, by }, () => [`Cup ${resolved.seq} is recorded as ${outcome}, by ${by}.`]);
        return done;
      }),
    );
  examples(command, ['cupcheck resolve 41 ok', 'cupcheck resolve 41 wrong --note "a Peace dollar"']);
}

import type { Command } from 'commander';
import type { Result } from '../../daemon/result.js';
import { type Cli, examples } from '../cli.js';
import { amber, done } from '../exit-codes.js';
import { resultLines } from '../result-lines.js';

/** A cup takes at most station.deadlineMs (10 s) to its light, then its rows. */
const patienceMs = 30_000;

export function registerTrigger(program: Command, cli: Cli): void {
  const command = program
    .command('trigger')
    .description('judge what lies under the camera now; ends with 0 for green, 1 for amber')
    .option('--tag <text>', 'repeated in the result')
    .action(
      cli.action(async ({ tag = null }: { tag?: string | null }) => {
        const result = await cli.ask<Result>('trigger', { tag }, { timeoutMs: patienceMs });
        cli.print(result, () => resultLines(result, cli.terminal));
        return result.verdict === 'green' ? done : amber;
      }),
    );
  examples(command, ['cupcheck trigger', 'cupcheck trigger --tag shift-2 --json']);
}

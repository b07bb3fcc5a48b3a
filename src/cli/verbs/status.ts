import type { Command } from 'commander';
import type { StationStatus } from '../../daemon/status.js';
import { type Cli, examples } from '../cli.js';
import { amber, done } from '../exit-codes.js';
import { untilInterrupted } from '../interrupt.js';
import { statusLines } from '../status-lines.js';
import { watchStatus } from '../watch-status.js';

export function registerStatus(program: Command, cli: Cli): void {
  const command = program
    .command('status')
    .description('the state of the station; ends with 0 when it is ready, else 1')
    .option('--watch', 'go on with each state and each cup, until Ctrl-C; in a terminal in place')
    .action(
      cli.action(async ({ watch = false }: { watch?: boolean }) => {
        const status = await cli.ask<StationStatus>('status');
        if (watch) {
          await untilInterrupted((signal) => watchStatus(cli, status, signal));
          return done;
        }
        cli.print(status, () => statusLines(status, cli.terminal));
        return status.health === 'ready' ? done : amber;
      }),
    );
  examples(command, ['cupcheck status', 'cupcheck status --watch', 'cupcheck status --json']);
}

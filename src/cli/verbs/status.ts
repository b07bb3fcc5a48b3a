import type { Command } from 'commander';
import type { StationStatus } from '../../daemon/status.js';
import { wholeNumber } from '../arguments.js';
import { type Cli, examples } from '../cli.js';
import { amber, done } from '../exit-codes.js';
import { untilInterrupted } from '../interrupt.js';
import { statusLines } from '../status-lines.js';
import { watchStatus } from '../watch-status.js';

export function registerStatus(program: Command, cli: Cli): void {
  const command = program
    .command('status')
    .description('the state of the station; ends with 0 when it is ready, else 1')
    .option(
      '--watch [seconds]',
      'go on with each state and each cup, until Ctrl-C. In a terminal in place, drawn again after so many seconds at most (default: 1); elsewhere line by line, with a line every so many seconds where they are given',
      wholeNumber(1, 3600),
    )
    .action(
      cli.action(async ({ watch = false }: { watch?: number | boolean }) => {
        const status = await cli.ask<StationStatus>('status');
        if (watch !== false) {
          const everyS = watch === true ? null : watch;
          await untilInterrupted((signal) => watchStatus(cli, status, everyS, signal));
          return done;
        }
        cli.print(status, () => statusLines(status, cli.terminal));
        return status.health === 'ready' ? done : amber;
      }),
    );
  examples(command, [
    'cupcheck status',
    'cupcheck status --watch',
    'cupcheck status --watch 60 >> station.log',
    'cupcheck status --json',
  ]);
}

import type { Command } from 'commander';
import type { WatchEvent } from '../../daemon/control/station-verbs.js';
import type { StationStatus } from '../../daemon/status.js';
import { type Cli, examples } from '../cli.js';
import { amber, done, type ExitCode } from '../exit-codes.js';
import { untilInterrupted } from '../interrupt.js';
import { resultLine } from '../result-lines.js';
import { statusLines } from '../status-lines.js';

export function registerStatus(program: Command, cli: Cli): void {
  const command = program
    .command('status')
    .description('the state of the station; ends with 0 when it is ready, else 1')
    .option('--watch', 'go on with each state and each cup, until Ctrl-C')
    .action(
      cli.action(async ({ watch = false }: { watch?: boolean }) => {
        const status = await cli.ask<StationStatus>('status');
        cli.print(status, () => statusLines(status, cli.terminal));
        if (watch) return follow(cli);
        return status.health === 'ready' ? done : amber;
      }),
    );
  examples(command, ['cupcheck status', 'cupcheck status --watch', 'cupcheck status --json']);
}

async function follow(cli: Cli): Promise<ExitCode> {
  const onEvent = (event: unknown) => {
    const seen = event as WatchEvent;
    cli.print(seen, () =>
      seen.type === 'result' ? resultLine(seen.result, cli.terminal) : [`        ${seen.state} (${seen.health})`],
    );
  };
  await untilInterrupted((signal) => cli.ask('watch', {}, { timeoutMs: null, onEvent, signal }));
  return done;
}

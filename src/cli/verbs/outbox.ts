import type { Command } from 'commander';
import type { OutboxView } from '../../daemon/control/station-verbs.js';
import { wholeNumber } from '../arguments.js';
import { type Cli, examples } from '../cli.js';
import { amber, done } from '../exit-codes.js';
import { counted, fields } from '../layout.js';

export function registerOutbox(program: Command, cli: Cli): void {
  const outbox = program.command('outbox').description('results that wait for the broker');
  examples(outbox, ['cupcheck outbox status', 'cupcheck outbox drain']);

  const status = outbox
    .command('status')
    .description('how many wait, and since when')
    .action(
      cli.action(async () => {
        const view = await cli.ask<OutboxView>('outbox.status');
        cli.print(view, () => outboxLines(view));
        return done;
      }),
    );
  examples(status, ['cupcheck outbox status']);

  const drain = outbox
    .command('drain')
    .description('wait until the broker has taken all; ends with 1 where some still wait')
    .option('--timeout <seconds>', 'how long', wholeNumber(1, 3600), 60)
    .action(
      cli.action(async ({ timeout }: { timeout: number }) => {
        const timeoutMs = timeout * 1000;
        const view = await cli.ask<OutboxView>('outbox.drain', { timeoutMs }, { timeoutMs: timeoutMs + 5000 });
        cli.print(view, () => outboxLines(view));
        return view.waiting === 0 ? done : amber;
      }),
    );
  examples(drain, ['cupcheck outbox drain', 'cupcheck outbox drain --timeout 600']);
}

function outboxLines(view: OutboxView): string[] {
  const share = (view.bytes / view.maxBytes) * 100;
  return fields([
    ['broker', view.enabled ? (view.connected ? 'connected' : 'not reached') : 'off (mqtt.enabled)'],
    ['waiting', counted(view.waiting, 'result')],
    ['oldest', view.oldestUtc ?? '-'],
    ['journal', `last cup ${view.lastSeq}, ${share.toFixed(1)} % of its bound in use`],
  ]);
}

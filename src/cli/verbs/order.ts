import type { Command } from 'commander';
import type { Order, OrderRequest } from '../../daemon/orders.js';
import { moment, seconds, wholeNumber } from '../arguments.js';
import { type Cli, examples } from '../cli.js';
import { done } from '../exit-codes.js';
import { counted, fields } from '../layout.js';
import { duration } from '../status-lines.js';

interface SetOptions {
  readonly count: number;
  readonly cups: number;
  readonly for?: number;
  readonly expires?: Date;
  readonly id?: string;
}

export function registerOrder(program: Command, cli: Cli): void {
  const order = program.command('order').description('what the cups shall hold');
  examples(order, ['cupcheck order set harbour-2021 --count 12', 'cupcheck order show']);

  const set = order
    .command('set')
    .description('set the order; it counts from the next cup on')
    .argument('<design>', 'id of the design, as the bundle names it')
    .requiredOption('--count <items>', 'items in a cup, 1 to 20', wholeNumber(1, 20))
    .option('--cups <cups>', 'cups that the order stands for', wholeNumber(1, 1_000_000), 1)
    .option('--for <time>', 'how long it holds, such as 8h (default: order.defaultLifetimeS)', seconds)
    .option('--expires <moment>', 'when it ends, such as 2026-11-24T18:00Z', moment)
    .option('--id <id>', "the order's own number")
    .action(
      cli.action(async (design: string, options: SetOptions) => {
        const { count, cups, id = null } = options;
        const end = options.for === undefined ? options.expires : new Date(Date.now() + options.for * 1000);
        const request: OrderRequest = { design, count, cups, id, expires: end?.toISOString() ?? null };
        const taken = await cli.ask<Order>('order.set', request);
        cli.print(taken, () => orderLines(taken));
        return done;
      }),
    );
  examples(set, [
    'cupcheck order set harbour-2021 --count 12',
    'cupcheck order set harbour-2021 --count 12 --cups 40 --for 8h --id A-1017',
  ]);

  const clear = order
    .command('clear')
    .description('take the order back: cups are amber (no_order) until the next')
    .action(
      cli.action(async () => {
        const { cleared } = await cli.ask<{ cleared: boolean }>('order.clear');
        cli.print({ cleared }, () => [cleared ? 'The order is cleared.' : 'There was no order: nothing to do.']);
        return done;
      }),
    );
  examples(clear, ['cupcheck order clear']);

  const show = order
    .command('show')
    .description('show the order in force')
    .action(
      cli.action(async () => {
        const { order: current } = await cli.ask<{ order: Order | null }>('order.show');
        cli.print({ order: current }, () => (current === null ? ['There is no order.'] : orderLines(current)));
        return done;
      }),
    );
  examples(show, ['cupcheck order show', 'cupcheck order show --json']);
}

function orderLines(order: Order): string[] {
  const left = order.cups - order.used;
  return fields([
    ['order', order.id],
    ['design', order.design],
    ['a cup holds', counted(order.count, 'item')],
    ['cups', left > 0 ? `${order.used} of ${order.cups} done` : `all ${order.cups} done: it greens no more`],
    ['until', untilText(order.expires)],
  ]);
}

/** The moment, and how far away it is: people at a station think in hours of their shift. */
function untilText(expires: string): string {
  const seconds = (Date.parse(expires) - Date.now()) / 1000;
  return `${expires}, ${seconds > 0 ? `${duration(seconds)} from now` : 'which is over'}`;
}

import { type Command, Option } from 'commander';
import { wholeNumber } from '../arguments.js';
import { type Cli, examples } from '../cli.js';
import { amber, done } from '../exit-codes.js';
import { counted, hanging } from '../layout.js';

interface AddOptions {
  readonly truth?: 'ok' | 'wrong';
  readonly expect?: string;
  readonly count?: number;
  readonly by?: string;
  readonly note?: string;
}

export function registerGolden(program: Command, cli: Cli): void {
  const golden = program
    .command('golden')
    .description('pictures of which a person knows the truth: what the self-test and each new bundle must get right');
  examples(golden, ['cupcheck golden add 41 --truth ok', 'cupcheck golden list', 'cupcheck selftest run']);
  registerAdd(golden, cli);
  registerList(golden, cli);
  registerRemove(golden, cli);
}

function registerAdd(golden: Command, cli: Cli): void {
  const add = golden
    .command('add')
    .description('keep the picture of a journalled cup with what it truly holds')
    .argument('<cup>', "the cup's seq or id: cupcheck journal tail")
    .addOption(
      new Option(
        '--truth <truth>',
        'ok: it holds what it should; wrong: it must never be green (default: what was said with resolve)',
      ).choices(['ok', 'wrong']),
    )
    .option('--expect <design>', 'what it should hold (default: as ordered)')
    .option('--count <items>', 'how many (default: as ordered)', wholeNumber(1, 20))
    .option('--by <name>', 'who says so (default: your user name)')
    .option('--note <text>', 'what is special about it')
    .action(
      cli.action(async (cup: string, options: AddOptions) => {
        const { config } = await cli.goodConfig();
        const { addGolden } = await import('../golden/add-golden.js');
        const { record, isNew } = await addGolden(config, cup, options, new Date());
        cli.print({ added: isNew, record }, () => {
          const { seq, truth, expected, recorded } = record;
          const what =
            expected.design === null ? 'anything' : `${expected.count ?? 'any number of'} ${expected.design}`;
          const shown = `The journal says ${recorded.verdict}${recorded.reasons.length > 0 ? ` (${recorded.reasons.join(', ')})` : ''}.`;
          return hanging(
            isNew
              ? `Cup ${seq} is golden: ${truth === 'ok' ? `it holds ${what}` : `wrong as ${what}, never green`}. ${shown} cupcheck selftest run judges it again.`
              : `Nothing to do: cup ${seq} is golden with this truth.`,
          );
        });
        return done;
      }),
    );
  examples(add, [
    'cupcheck golden add 41 --truth ok',
    'cupcheck golden add 42 --truth wrong --note "a 2022 among the 2021s"',
    'cupcheck golden add 43 --truth ok --expect harbour-2021 --count 5',
  ]);
}

function registerList(golden: Command, cli: Cli): void {
  const list = golden
    .command('list')
    .description('the golden pictures, the oldest first')
    .action(
      cli.action(async () => {
        const { config } = await cli.goodConfig();
        const { lookOver } = await import('../golden/look-over.js');
        const { goldenLines } = await import('../golden/golden-lines.js');
        const listed = await lookOver(config.golden.path);
        const bad = listed.filter(({ problem }) => problem !== null).length;
        cli.print({ folder: config.golden.path, pictures: listed }, () =>
          listed.length === 0
            ? hanging('No golden picture. cupcheck golden add CUP --truth ok|wrong keeps one.')
            : [
                ...goldenLines(listed),
                ...(bad === 0
                  ? []
                  : hanging(`${counted(bad, 'picture')} cannot be judged: cupcheck golden remove CUP.`)),
              ],
        );
        return bad === 0 ? done : amber;
      }),
    );
  examples(list, ['cupcheck golden list', 'cupcheck golden list --json']);
}

function registerRemove(golden: Command, cli: Cli): void {
  const remove = golden
    .command('remove')
    .description('take a golden picture away')
    .argument('<cup>', "the cup's seq or id: cupcheck golden list")
    .action(
      cli.action(async (cup: string) => {
        const { config } = await cli.goodConfig();
        const { removeGolden } = await import('../../daemon/golden/golden-folder.js');
        const removed = await removeGolden(config.golden.path, cup);
        cli.print({ removed }, () =>
          hanging(removed === null ? `Nothing to do: cup ${cup} is not golden.` : `Cup ${cup} is not golden any more.`),
        );
        return done;
      }),
    );
  examples(remove, ['cupcheck golden remove 41']);
}

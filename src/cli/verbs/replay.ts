import { type Command, Option } from 'commander';
import { type Precision, precisions } from '../../pipeline/bundle/precision.js';
import { wholeNumber } from '../arguments.js';
import { type Cli, examples } from '../cli.js';

interface Options {
  readonly last?: number;
  readonly bundle: string;
  readonly judge?: string;
  readonly precision?: Precision;
}

const lastByDefault = 20;

export function registerReplay(program: Command, cli: Cli): void {
  const command = program
    .command('replay')
    .description(
      'judge journalled cups again from their kept pictures and show what differs; ends with 1 where a verdict changed or a cup could not be judged again',
    )
    .argument('[cups...]', 'their ids or seqs: each is shown whole')
    .option(
      '--last <cups>',
      `the newest cups with a picture: those that changed are shown (default: ${lastByDefault})`,
      wholeNumber(1, 10_000),
    )
    .option('--bundle <bundle>', 'active, previous, a digest, NAME-VERSION, or a folder', 'active')
    .option('--judge <name>', 'another judge than that of the config')
    .addOption(
      new Option('--precision <precision>', 'other weights of the items network than those of the config').choices(
        precisions,
      ),
    )
    .action(
      cli.action(async (cups: string[], options: Options) => {
        const { requireJudgeName, showReplay } = await import('../replay/show-replay.js');
        const { judgedThen } = await import('../replay/judged-cup.js');
        const { ReplayJudge } = await import('../replay/replay-judge.js');
        const { meantFolder } = await import('../bundle/meant-folder.js');
        const { CupcheckError } = await import('../../errors.js');
        const { last, bundle, judge = null, precision = null } = options;
        if (cups.length > 0 && last !== undefined)
          throw new CupcheckError('USAGE', '--last takes the newest cups; without it name the cups');
        if (judge !== null) requireJudgeName(judge);
        const { config } = await cli.goodConfig();
        const folder = await meantFolder(bundle, config);
        return await showReplay(cli, config, { cups, last: last ?? lastByDefault }, async (calibration) => {
          const replay = await ReplayJudge.load({ config, folder, judge, precision, calibration });
          const { name, version } = replay.bundle;
          return {
            heads: ['then', ['now', `${name} ${version}`, judge, precision].filter((one) => one !== null).join(', ')],
            judge: async (result, jpeg) => [judgedThen(result), await replay.judge(result, jpeg)],
            close: () => replay.close(),
          };
        });
      }),
    );
  examples(command, [
    'cupcheck replay 41',
    'cupcheck replay --last 200',
    'cupcheck replay --last 200 --bundle coins-2.1.0 --json',
    'cupcheck replay 41 --judge vote',
    'cupcheck replay --last 200 --precision int8',
  ]);
}

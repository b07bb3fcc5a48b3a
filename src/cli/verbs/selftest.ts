import type { Command } from 'commander';
import type { SelfTestAnswer } from '../../daemon/control/station-verbs.js';
import type { SelfTestEvent } from '../../daemon/golden/self-test.js';
import { type Cli, examples } from '../cli.js';
import { amber, done } from '../exit-codes.js';
import { orInterrupted } from '../interrupt.js';
import { hanging } from '../layout.js';

export function registerSelfTest(program: Command, cli: Cli): void {
  const selftest = program
    .command('selftest')
    .description('whether the station’s parts are as they were, and its golden pictures judged as they must be');
  examples(selftest, ['cupcheck selftest run']);
  const run = selftest
    .command('run')
    .description(
      'look at camera, lens, lamps and loop-backs, judge every golden picture again, between cups, and compare',
    )
    .action(
      cli.action(async () => {
        const { CountProgress } = await import('../progress/count-progress.js');
        const { answerLines, pictureLines } = await import('../golden/self-test-lines.js');
        const { partLines } = await import('../golden/part-lines.js');
        const { failedParts } = await import('../../daemon/golden/self-test-report.js');
        const progress = new CountProgress(cli.terminal);
        const onEvent = (event: unknown): void => {
          const { done, total, picture } = event as SelfTestEvent;
          if (cli.options.json) return;
          progress.end();
          for (const line of pictureLines(picture, cli.terminal)) cli.terminal.out(line);
          if (done < total) progress.update(done, total);
        };
        const answer = await orInterrupted(
          (signal) => cli.ask<SelfTestAnswer>('selftest.run', {}, { timeoutMs: null, onEvent, signal }),
          () => {
            progress.end();
            cli.terminal.err('Interrupted: the station goes on with it, and cupcheck status tells how it ended.');
          },
        ).finally(() => progress.end());
        const { report } = answer;
        cli.print(answer, () => [...partLines(report.parts, cli.terminal), ...answerLines(answer).flatMap(hanging)]);
        const isWell = answer.parts !== 'fault' && report.outcome !== 'failed' && failedParts(report).length === 0;
        return isWell ? done : amber;
      }),
    );
  examples(run, ['cupcheck selftest run', 'cupcheck selftest run --json']);
}

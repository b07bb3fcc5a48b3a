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
    .description('whether the station still judges its golden pictures as it must');
  examples(selftest, ['cupcheck selftest run']);
  const run = selftest
    .command('run')
    .description('judge every golden picture again, between cups, and compare')
    .action(
      cli.action(async () => {
        const { Progress } = await import('../evaluate/progress.js');
        const { answerLines, pictureLines } = await import('../golden/self-test-lines.js');
        const progress = new Progress(cli.terminal);
        const onEvent = (event: unknown): void => {
          const { done, total, picture } = event as SelfTestEvent;
          if (cli.options.json) return;
          progress.end();
          for (const line of pictureLines(picture, cli.terminal)) cli.terminal.out(line);
          if (done < total) progress.update(done, total, 0);
        };
        const answer = await orInterrupted(
          (signal) => cli.ask<SelfTestAnswer>('selftest.run', {}, { timeoutMs: null, onEvent, signal }),
          () => {
            progress.end();
            cli.terminal.err('Interrupted: the station goes on with it, and cupcheck status tells how it ended.');
          },
        ).finally(() => progress.end());
        cli.print(answer, () => answerLines(answer).flatMap(hanging));
        return answer.parts !== 'fault' && answer.report.outcome !== 'failed' ? done : amber;
      }),
    );
  examples(run, ['cupcheck selftest run', 'cupcheck selftest run --json']);
}

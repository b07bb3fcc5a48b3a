import type { Command } from 'commander';
import { wholeNumber } from '../arguments.js';
import { type Cli, examples } from '../cli.js';
import { done } from '../exit-codes.js';
import { orInterrupted } from '../interrupt.js';
import { counted, hanging, sizeText, wrap } from '../layout.js';

interface Options {
  readonly out?: string;
  readonly last: number;
  readonly pictures?: boolean;
}

const listed = (text: string): string[] => wrap(text, 6).map((line, at) => `${at === 0 ? '  ' : '      '}${line}`);

/** The parts, the pictures, the writing. */
const steps = 10;

export function registerSupportBundle(program: Command, cli: Cli): void {
  const command = program
    .command('support-bundle')
    .description('gather into one file what somebody needs who helps from afar; works without a running station')
    .option('--out <file>', 'where to write it (default: STATION-MOMENT.tar.gz here)')
    .option('--last <ambers>', 'results of so many of the last ambers', wholeNumber(0, 10_000), 50)
    .option('--pictures', 'with the pictures that were kept of them')
    .action(
      cli.action(async (options: Options) => {
        const { out = null, last, pictures = false } = options;
        const loaded = await cli.loadConfig();
        const { makeSupportBundle } = await import('../support/make-support-bundle.js');
        const { StepProgress } = await import('../progress/step-progress.js');
        const progress = new StepProgress(cli.terminal, steps);
        const onStep = progress.begin.bind(progress);
        const made = await orInterrupted(
          (signal) =>
            makeSupportBundle(loaded, { out, last, pictures, at: new Date(), signal, onStep }).finally(() =>
              progress.end(),
            ),
          () => cli.terminal.err('Interrupted: nothing was written.'),
        );
        cli.print(made, () => [
          ...hanging(
            `Wrote ${made.file}: ${sizeText(made.bytes)}, ${counted(made.parts.length, 'file')}. You alone can read it; look through it before you send it.`,
          ),
          'Left out:',
          ...made.leftOut.flatMap(({ what, why }) => listed(`${what}: ${why}`)),
        ]);
        return done;
      }),
    );
  examples(command, [
    'cupcheck support-bundle',
    'cupcheck support-bundle --last 200 --pictures --out /tmp/station.tar.gz',
  ]);
}

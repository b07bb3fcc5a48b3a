import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { collect, decimal, wholeNumber } from '../arguments.js';
import { type Cli, examples } from '../cli.js';
import type { EvaluateOptions } from '../evaluate/evaluate.js';
import { amber, done } from '../exit-codes.js';
import { orInterrupted } from '../interrupt.js';
import type { Precision } from '../../pipeline/bundle/precision.js';
import {
  overridable,
  precisionOption,
  sharedSideOptions,
  type SharedSideOptions,
  unreadOption,
} from '../judging-options.js';
import { hanging } from '../layout.js';

interface Options extends SharedSideOptions {
  readonly detector?: true;
  readonly bundle?: string;
  readonly judge?: readonly string[];
  readonly gallery?: string;
  readonly precision: Precision;
  readonly threshold?: number;
  readonly reference: boolean;
  readonly scale: boolean;
  readonly cupsOut?: string;
  readonly designs?: number;
  readonly report?: string;
  readonly date?: string;
  readonly jobs?: number;
  readonly quiet?: true;
  readonly unread: 'amber' | 'accept';
  readonly override?: readonly string[];
}

export function registerEvaluate(program: Command, cli: Cli): void {
  const command = program
    .command('evaluate')
    .description('judge every cup of DIR/truth.jsonl and sum up; ends with 1 on a false green')
    .argument('<dir>', 'folder of the pictures and their truth')
    .option('--detector', 'measure the detector alone, on boxes')
    .option('--bundle <folder>', 'the model bundle (default: the shipped one)')
    .option(
      '--judge <name>',
      'a judge by name, or all; may be given again (default: the one that the bundle names)',
      collect,
    )
    .option('--gallery <folder>', 'designs that were taught: cupcheck enrol add --gallery')
    .addOption(precisionOption())
    .option('--threshold <score>', 'in place of the calibrated thresholds, for measuring', decimal)
    .option(
      '--designs <count>',
      'as if the bundle knew so many designs: the ordered one, and others that the name of the cup picks',
      wholeNumber(1, 100_000),
    )
    .option('--no-reference', 'judge without the pictures of empty cups')
    .option('--no-scale', 'judge without the pixels per mm')
    .option(
      '--cups-out <file>',
      'write what became of each cup by each judge, a JSON object a line; an interrupted run goes on from FILE.part',
    )
    .option('--report <file>', 'write an HTML page with tables, curves and pictures, which needs nothing else')
    .option('--date <date>', 'a date for the report to bear (default: none)')
    .option('--jobs <jobs>', 'processes that judge side by side (default: one a core)', wholeNumber(1, 256))
    .option('--quiet', 'show no progress')
    .addOption(unreadOption())
    .option('--override <rule>', 'not_covered: judge designs without enough evidence too', collect);
  sharedSideOptions(command).action(
    cli.action(async (folder: string, options: Options) => {
      const overrideNotCovered = overridable(options.override ?? []);
      const { judgeCups, evaluateDetector, sumUp } = await import('../evaluate/evaluate.js');
      const { formatDetector, formatEvaluation } = await import('../evaluate/format.js');
      const evaluation = {
        folder,
        bundle: options.bundle ?? null,
        judges: options.judge ?? [],
        gallery: options.gallery ?? null,
        precision: options.precision,
        overrideNotCovered,
        acceptUnread: options.unread === 'accept',
        threshold: options.threshold ?? null,
        knownDesigns: options.designs ?? null,
        sharedSides: options.sharedSides,
        minInformative: options.minInformative,
        ignoreReference: !options.reference,
        ignoreScale: !options.scale,
        cupsOut: options.cupsOut ?? null,
        jobs: options.jobs ?? availableParallelism(),
        worker: new URL('../evaluate/worker.js', import.meta.url),
      };
      if (options.detector === true) {
        const summary = await shown(cli, options, (watched) => evaluateDetector({ ...evaluation, ...watched }));
        cli.print(summary, () => formatDetector(summary));
        return done;
      }
      const { requireReportPlace, writeReport } = await import('../evaluate/report/write-report.js');
      if (options.report !== undefined) await requireReportPlace(options.report);
      const run = await shown(cli, options, (watched) => judgeCups({ ...evaluation, ...watched }));
      if (options.report !== undefined) {
        const { programText } = await import('../evaluate/report/program-commit.js');
        const provenance = { folder, program: await programText(), date: options.date ?? null };
        await writeReport(options.report, run, provenance);
      }
      const summary = sumUp(run);
      cli.print(summary, () => formatEvaluation(summary));
      return summary.bad.falseGreens === 0 ? done : amber;
    }),
  );
  examples(command, [
    'cupcheck evaluate ./cups --judge all --threshold -1000 --report report.html',
    'cupcheck evaluate ./cups',
    'cupcheck evaluate ./cups --cups-out cups.jsonl --json',
  ]);
}

/** Runs an evaluation with its progress on the error stream; when it is interrupted, says what is kept. */
async function shown<T>(
  cli: Cli,
  { quiet = false, cupsOut }: Partial<Pick<Options, 'cupsOut'>> & { readonly quiet?: boolean },
  run: (watched: Pick<EvaluateOptions, 'signal' | 'onProgress'>) => Promise<T>,
): Promise<T> {
  const { CountProgress } = await import('../progress/count-progress.js');
  const progress = quiet ? null : new CountProgress(cli.terminal);
  const onProgress = progress === null ? null : progress.update.bind(progress);
  const interrupted = (): void => {
    progress?.end();
    if (quiet) return;
    const kept =
      cupsOut === undefined
        ? 'Nothing is kept: with --cups-out FILE the next run would go on here.'
        : `The same command goes on here: they are in ${cupsOut}.part.`;
    for (const line of hanging(`Interrupted after ${progress?.done ?? 0} of ${progress?.total ?? 0}. ${kept}`))
      cli.terminal.err(line);
  };
  try {
    return await orInterrupted((signal) => run({ signal, onProgress }), interrupted);
  } finally {
    progress?.end();
  }
}

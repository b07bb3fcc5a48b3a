import type { Command } from 'commander';
import { collect, decimal, wholeNumber } from '../arguments.js';
import { type Cli, examples } from '../cli.js';
import { amber, done } from '../exit-codes.js';
import { overridable, sharedSideOptions, type SharedSideOptions } from '../judging-options.js';

interface Options extends SharedSideOptions {
  readonly detector?: true;
  readonly bundle?: string;
  readonly threshold?: number;
  readonly reference: boolean;
  readonly scale: boolean;
  readonly cupsOut?: string;
  readonly threads: number;
  readonly override?: readonly string[];
}

export function registerEvaluate(program: Command, cli: Cli): void {
  const command = program
    .command('evaluate')
    .description('judge every cup of DIR/truth.jsonl and sum up; ends with 1 on a false green')
    .argument('<dir>', 'folder of the pictures and their truth')
    .option('--detector', 'measure the detector alone, on boxes')
    .option('--bundle <folder>', 'the model bundle (default: the shipped one)')
    .option('--threshold <score>', 'in place of the calibrated thresholds, for measuring', decimal)
    .option('--no-reference', 'judge without the pictures of empty cups')
    .option('--no-scale', 'judge without the pixels per mm')
    .option('--cups-out <file>', 'write what became of each cup, a JSON object a line')
    .option('--threads <threads>', 'threads of the networks', wholeNumber(1, 16), 2)
    .option('--override <rule>', 'not_covered: judge designs without enough evidence too', collect);
  sharedSideOptions(command).action(
    cli.action(async (folder: string, options: Options) => {
      const overrideNotCovered = overridable(options.override ?? []);
      const { evaluate, evaluateDetector } = await import('../evaluate/evaluate.js');
      const { formatDetector, formatSummary } = await import('../evaluate/format.js');
      const evaluation = {
        folder,
        bundle: options.bundle ?? null,
        overrideNotCovered,
        threshold: options.threshold ?? null,
        sharedSides: options.sharedSides,
        minInformative: options.minInformative,
        ignoreReference: !options.reference,
        ignoreScale: !options.scale,
        cupsOut: options.cupsOut ?? null,
        threads: options.threads,
        onProgress: progress(cli),
      };
      if (options.detector === true) {
        const summary = await evaluateDetector(evaluation);
        cli.print(summary, () => formatDetector(summary).split('\n'));
        return done;
      }
      const summary = await evaluate(evaluation);
      cli.print(summary, () => formatSummary(summary).split('\n'));
      return summary.bad.falseGreens === 0 ? done : amber;
    }),
  );
  examples(command, ['cupcheck evaluate ./cups', 'cupcheck evaluate ./cups --cups-out cups.jsonl --json']);
}

const everyMs = 5000;

/** Says on the error stream, every few seconds, how far it is: the summary alone goes to the output. */
function progress(cli: Cli): (finished: number, total: number) => void {
  let saidAt = performance.now();
  return (finished, total) => {
    if (performance.now() - saidAt < everyMs) return;
    saidAt = performance.now();
    cli.terminal.err(`${finished} of ${total}`);
  };
}

import type { Command } from 'commander';
import type { PictureDocument } from '../judge.js';
import { collect, decimal, wholeNumber } from '../arguments.js';
import { type Cli, examples } from '../cli.js';
import type { Precision } from '../../pipeline/bundle/precision.js';
import {
  overridable,
  precisionOption,
  sharedSideOptions,
  type SharedSideOptions,
  unreadOption,
} from '../judging-options.js';

interface Options extends SharedSideOptions {
  readonly expect?: string;
  readonly count?: number;
  readonly pxPerMm?: number;
  readonly reference?: string;
  readonly bundle?: string;
  readonly gallery?: string;
  readonly threads: number;
  readonly precision: Precision;
  readonly unread: 'amber' | 'accept';
  readonly override?: readonly string[];
}

export function registerJudge(program: Command, cli: Cli): void {
  const command = program
    .command('judge')
    .description('judge pictures, without a station; ends with 0 when all are green')
    .argument('<images...>', 'JPEG or PNG files, a cup each')
    .option('--expect <design>', 'what the cups should hold (default: say what they hold)')
    .option('--count <items>', 'items in a cup', wholeNumber(1, 20))
    .option('--px-per-mm <scale>', 'pixels per mm, where it is known', decimal)
    .option('--reference <image>', 'picture of the empty cup')
    .option('--bundle <folder>', 'the model bundle (default: the shipped one)')
    .option('--gallery <folder>', 'designs that were taught: cupcheck enrol add --gallery')
    .option('--threads <threads>', 'threads of the networks', wholeNumber(1, 16), 2)
    .addOption(precisionOption())
    .addOption(unreadOption())
    .option('--override <rule>', 'not_covered: judge designs without enough evidence too', collect);
  sharedSideOptions(command).action(
    cli.action(async (images: string[], options: Options) => {
      const overrideNotCovered = overridable(options.override ?? []);
      const { judgePictures, formatPicture, exitCodeOf } = await import('../judge.js');
      const { expect = null, count = null, pxPerMm = null, reference = null, bundle = null, gallery = null } = options;
      const { threads, precision, sharedSides, minInformative, unread } = options;
      const judging = { images, expect, count, pxPerMm, reference, bundle, gallery };
      const documents: PictureDocument[] = [];
      for await (const document of judgePictures({
        ...judging,
        overrideNotCovered,
        unread,
        sharedSides,
        minInformative,
        threads,
        precision,
      })) {
        documents.push(document);
        cli.print(document, () => formatPicture(document, cli.terminal));
      }
      return exitCodeOf(documents);
    }),
  );
  examples(command, [
    'cupcheck judge cup.jpg',
    'cupcheck judge *.jpg --expect harbour-2021 --count 12 --reference empty.jpg --json',
  ]);
}

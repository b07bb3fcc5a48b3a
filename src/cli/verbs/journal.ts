import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { JournalQuery, JournalReader } from '../../daemon/journal/reader.js';
import type { Result } from '../../daemon/result.js';
import { CupcheckError } from '../../errors.js';
import { reasons } from '../../pipeline/judgement.js';
import { moment, wholeNumber } from '../arguments.js';
import { type Cli, examples } from '../cli.js';
import { amber, done } from '../exit-codes.js';
import { untilInterrupted } from '../interrupt.js';
import { counted } from '../layout.js';
import { resultLine } from '../result-lines.js';
import { followJournal } from '../follow-journal.js';

export function registerJournal(program: Command, cli: Cli): void {
  const journal = program.command('journal').description('results on this station; works without it running');
  examples(journal, ['cupcheck journal tail', 'cupcheck journal query --reason mixed_designs --since 2d']);
  registerTail(journal, cli);
  registerQuery(journal, cli);
  registerVerify(journal, cli);
  registerPicture(journal, cli);
}

function registerTail(journal: Command, cli: Cli): void {
  const tail = journal
    .command('tail')
    .description('the newest cups')
    .option('-n, --lines <cups>', 'how many', wholeNumber(1, 10_000), 20)
    .option('-f, --follow', 'go on with each new one, until Ctrl-C')
    .action(
      cli.action(async ({ lines, follow = false }: { lines: number; follow?: boolean }) => {
        await reading(cli, async (reader) => {
          const newest = reader.tail(lines);
          printResults(cli, newest);
          if (newest.length === 0) sayNone(cli, 'No cup yet.');
          if (!follow) return;
          const from = newest.at(-1)?.seq ?? 0;
          await untilInterrupted((signal) =>
            followJournal(reader, from, (results) => printResults(cli, results), signal),
          );
        });
        return done;
      }),
    );
  examples(tail, ['cupcheck journal tail', 'cupcheck journal tail -n 5 --follow']);
}

function registerQuery(journal: Command, cli: Cli): void {
  const query = journal
    .command('query')
    .description('the newest cups that fit')
    .option('--since <moment>', 'shown at 2026-11-24T08:00Z or later, or in the last 2h', moment)
    .option('--until <moment>', 'shown before 2026-11-24T16:00Z, or before the last 30m', moment)
    .option('--design <design>', 'of this design')
    .addOption(new Option('--reason <reason>', 'amber for this reason').choices(reasons))
    .addOption(new Option('--verdict <verdict>', 'with this verdict').choices(['green', 'amber']))
    .option('--limit <cups>', 'at most so many', wholeNumber(1, 1_000_000), 1000)
    .action(
      cli.action(async (options: JournalQuery) => {
        const { since, until } = options;
        if (since !== undefined && until !== undefined && since >= until)
          throw new CupcheckError(
            'USAGE',
            `--since is ${since.toISOString()}, which is not before --until, ${until.toISOString()}`,
          );
        await reading(cli, async (reader) => {
          let found = false;
          for (const results of reader.pages(options)) {
            printResults(cli, results);
            found = true;
          }
          if (!found) sayNone(cli, 'No cup fits.');
        });
        return done;
      }),
    );
  examples(query, [
    'cupcheck journal query --verdict amber --since 8h',
    'cupcheck journal query --reason mixed_designs --json',
    'cupcheck journal query --design harbour-2021 --since 2026-11-24T06:00Z --until 2026-11-24T14:00Z',
  ]);
}

function registerVerify(journal: Command, cli: Cli): void {
  const verify = journal
    .command('verify')
    .description('check that no cup is missing and every row agrees with its document')
    .action(
      cli.action(async () => {
        const report = await reading(cli, (reader) => Promise.resolve(reader.verify()));
        cli.print(report, () => [
          ...report.problems.map(({ seq, problem }) => `${seq === null ? '' : `cup ${seq}: `}${problem}`),
          `Cups ${report.firstSeq} to ${report.lastSeq}: ${counted(report.rows, 'row')}, ${report.greens} green, ${report.waiting} wait for the broker, ${report.open.length} in progress.`,
          report.ok ? 'No gap, no disagreement.' : `${counted(report.problemsFound, 'problem')} found.`,
        ]);
        return report.ok ? done : amber;
      }),
    );
  examples(verify, ['cupcheck journal verify']);
}

function registerPicture(journal: Command, cli: Cli): void {
  const picture = journal
    .command('picture')
    .description('the picture that was kept of a cup; ends with 1 where there is none')
    .argument('<cup>', 'its id or seq')
    .requiredOption('--out <file>', 'where to write it: a JPEG as judged, a PNG with --overlay')
    .option('--overlay', 'draw boxes, designs, score, reasons and light onto it')
    .action(
      cli.action(async (cup: string, { out, overlay = false }: { out: string; overlay?: boolean }) => {
        const { config } = await cli.goodConfig();
        const result = await reading(cli, (reader) => Promise.resolve(reader.cup(cup)));
        const { keptPicture } = await import('../kept-picture.js');
        const jpeg = await keptPicture(config.images.path, result);
        const drawn = overlay ? await overlaid(jpeg, result) : jpeg;
        await writePicture(out, drawn);
        const { seq, id, verdict } = result;
        cli.print({ seq, id, verdict, out, overlay, bytes: drawn.length }, () => [
          `The picture of cup ${seq} (${verdict}) is in ${out}.`,
        ]);
        return done;
      }),
    );
  examples(picture, [
    'cupcheck journal picture 41 --out cup.jpg',
    'cupcheck journal picture 41 --overlay --out cup.png',
  ]);
}

async function overlaid(jpeg: Buffer, result: Result): Promise<Buffer> {
  const { drawWholeResult } = await import('../draw-result.js');
  const title = `${result.station}, cup ${result.seq}, ${result.time.utc.slice(0, 19)}Z`;
  try {
    return await drawWholeResult(jpeg, result, { title, note: overlayNote(result), itemScores: true });
  } catch (cause) {
    // A camera's broken picture is kept as it came; it has no pixels to draw on.
    throw new CupcheckError('PICTURE_CORRUPT', `cup ${result.seq}: ${(cause as Error).message}`, { cause });
  }
}

function overlayNote({ shown, score, threshold }: Result): string {
  const scored = score === null ? 'no score' : `score ${score.toFixed(2)} of ${threshold?.toFixed(2) ?? '-'} needed`;
  return `${shown.light}, ${scored}`;
}

async function writePicture(path: string, bytes: Buffer): Promise<void> {
  try {
    await writeFile(path, bytes);
  } catch (cause) {
    throw new CupcheckError('USAGE', `--out ${path}: ${(cause as Error).message}`, { cause });
  }
}

async function reading<T>(cli: Cli, work: (reader: JournalReader) => Promise<T>): Promise<T> {
  const { config } = await cli.goodConfig();
  const { JournalReader } = await import('../../daemon/journal/reader.js');
  const reader = JournalReader.open(config.journal.path);
  try {
    return await work(reader);
  } finally {
    reader.close();
  }
}

function printResults(cli: Cli, results: readonly Result[]): void {
  for (const result of results) cli.print(result, () => resultLine(result, cli.terminal));
}

/** On the error stream: a script that counts lines of the output counts cups. */
function sayNone(cli: Cli, text: string): void {
  if (!cli.options.json) cli.terminal.err(text);
}

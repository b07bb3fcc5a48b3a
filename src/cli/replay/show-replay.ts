import { constants, setPriority } from 'node:os';
import { stationCalibration } from '../../daemon/calibration/station-calibration.js';
import type { Config } from '../../daemon/config/schema.js';
import { listGolden } from '../../daemon/golden/golden-folder.js';
import { CupcheckError } from '../../errors.js';
import type { LoadedCalibration } from '../../pipeline/bundle/load-calibration.js';
import { isJudgeName, judgeNames } from '../../pipeline/judges/names.js';
import type { Cli } from '../cli.js';
import { amber, done, type ExitCode } from '../exit-codes.js';
import { orInterrupted } from '../interrupt.js';
import { counted, hanging } from '../layout.js';
import { CountProgress } from '../progress/count-progress.js';
import { type AgainCup, type AgainOptions, judgeAgain } from './judge-again.js';
import { type GoldenOptions, judgeGolden } from './judge-golden.js';
import { journalledCups, type WantedCups } from './journalled-cups.js';
import { changeLines, changesHeading, cupLines, summaryLines } from './replay-lines.js';
import { isUnchanged, ReplayTally } from './summary.js';

/** Two judgements of each cup. */
export interface Comparison {
  /** What they are called. */
  readonly heads: readonly [before: string, now: string];
  readonly judge: AgainOptions['judge'];
  /** Of the golden pictures, which come first; absent = they are not asked. */
  readonly judgeGolden?: GoldenOptions['judge'];
  readonly close: () => Promise<unknown>;
}

/** Errors: USAGE. */
export function requireJudgeName(name: string): void {
  if (!isJudgeName(name)) throw new CupcheckError('USAGE', `--judge ${name}: allowed are ${judgeNames.join(', ')}`);
}

/** What is judged again: golden pictures, then journalled cups. */
interface Wanted extends WantedCups {
  readonly golden?: boolean;
}

/**
 * Judges golden pictures and journalled cups once more and shows what differs: cups that were named whole, of the others those that changed.
 * Ends with 1 where a verdict changed, or a cup could not be judged again.
 * @param load makes the two judgements
 */
export async function showReplay(
  cli: Cli,
  config: Config,
  wanted: Wanted,
  load: (calibration: LoadedCalibration | null) => Promise<Comparison>,
): Promise<ExitCode> {
  // The station on the same cores goes first. Threads that begin later inherit it.
  setPriority(constants.priority.PRIORITY_LOW);
  const golden = wanted.golden === true ? await listGolden(config.golden.path) : [];
  const { results, passed } = journalledCups(config.journal.path, wanted);
  const total = golden.length + results.length;
  const isNamed = wanted.cups.length > 0;
  const tallies = { golden: new ReplayTally(), journal: new ReplayTally() };
  const summaryDocument = (between: Comparison['heads'] | null) => ({
    type: 'summary',
    between,
    passed,
    ...tallies.journal.summary,
    ...(wanted.golden === true ? { golden: tallies.golden.summary } : {}),
  });
  if (total === 0) {
    const noCup = 'No cup has a picture: images.keepAmbers keeps them.';
    const why =
      wanted.golden === true
        ? `Nothing was compared. ${noCup} There is no golden picture: cupcheck golden add.`
        : noCup;
    if (cli.options.json) cli.print(summaryDocument(null), () => []);
    else for (const line of hanging(why)) cli.terminal.err(line);
    // Nothing speaks for the other bundle.
    return wanted.golden === true ? amber : done;
  }
  const calibration = await stationCalibration(config);
  const comparison = await load(calibration);
  const { heads, judge, judgeGolden: judgeOfGolden } = comparison;
  const isQuiet = isNamed || cli.options.json;
  const progress = new CountProgress(cli.terminal);
  let seen = 0;
  /** Shows one part under its title, then what it comes to. */
  const show = async (part: keyof typeof tallies, title: string, cups: AsyncIterable<AgainCup>): Promise<void> => {
    if (!isQuiet) for (const line of hanging(title)) cli.terminal.out(line);
    let isHeaded = isQuiet;
    for await (const again of cups) {
      tallies[part].add(again);
      if (isQuiet || again.kind !== 'judged' || again.difference.changed) {
        // Lines of the output and the bar may share a terminal.
        progress.end();
        if (!isHeaded && again.kind === 'judged') {
          cli.terminal.out(changesHeading());
          isHeaded = true;
        }
        cli.print(cupDocument(again), () => (isNamed ? cupLines(again, heads) : changeLines(again, cli.terminal)));
      }
      progress.update(++seen, total);
    }
    progress.end();
    if (cli.options.json) return;
    const thing = part === 'golden' ? 'golden picture' : 'cup';
    for (const line of summaryLines(tallies[part].summary, thing)) cli.terminal.out(line);
  };
  const run = async (signal: AbortSignal): Promise<void> => {
    progress.update(0, total);
    let title = heads.join(' → ');
    if (golden.length > 0 && judgeOfGolden !== undefined) {
      const cups = judgeGolden(golden, { folder: config.golden.path, judge: judgeOfGolden, signal });
      await show('golden', `${title}, ${counted(golden.length, 'golden picture')}`, cups);
      title = 'the journal';
    }
    if (results.length === 0) return;
    const cups = judgeAgain(results, { pictures: config.images.path, calibration, judge, signal });
    await show('journal', `${title}, ${rangeText(results, passed)}`, cups);
  };
  try {
    await orInterrupted(run, () => {
      progress.end();
      cli.terminal.err(`Interrupted after ${seen} of ${counted(total, 'cup')}.`);
    });
  } finally {
    progress.end();
    await comparison.close();
  }
  if (cli.options.json) cli.print(summaryDocument(heads), () => []);
  return isUnchanged(tallies.golden.summary) && isUnchanged(tallies.journal.summary) ? done : amber;
}

function rangeText(results: readonly { readonly seq: number }[], passed: number): string {
  const [first, last] = [results[0]?.seq ?? 0, results.at(-1)?.seq ?? 0];
  const range = first === last ? `cup ${first}` : `cups ${first} to ${last}`;
  return passed === 0 ? range : `${range}; ${passed} of them have no picture`;
}

/** A cup as a document of one line. */
function cupDocument(again: AgainCup) {
  const { seq, id, utc, from, truth } = again.cup;
  const named = { type: 'cup', from, seq, id, utc, ...(from === 'golden' ? { truth } : {}) };
  if (again.kind !== 'judged') return { ...named, judged: false, obstacle: again.kind, why: again.why };
  const { before, now, difference } = again;
  return { ...named, judged: true, changed: difference.changed, before, now, difference };
}

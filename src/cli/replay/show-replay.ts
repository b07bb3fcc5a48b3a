import { constants, setPriority } from 'node:os';
import type { Config } from '../../daemon/config/schema.js';
import { CupcheckError } from '../../errors.js';
import { loadCalibration, type LoadedCalibration } from '../../pipeline/bundle/load-calibration.js';
import { isJudgeName, judgeNames } from '../../pipeline/judges/names.js';
import type { Cli } from '../cli.js';
import { amber, done, type ExitCode } from '../exit-codes.js';
import { orInterrupted } from '../interrupt.js';
import { counted, hanging } from '../layout.js';
import { CountProgress } from '../progress/count-progress.js';
import { type AgainCup, type AgainOptions, judgeAgain } from './judge-again.js';
import { journalledCups, type WantedCups } from './journalled-cups.js';
import { changeLines, changesHeading, cupLines, summaryLines } from './replay-lines.js';
import { isUnchanged, ReplayTally } from './summary.js';

/** Two judgements of each cup. */
export interface Comparison {
  /** What they are called. */
  readonly heads: readonly [before: string, now: string];
  readonly judge: AgainOptions['judge'];
  readonly close: () => Promise<unknown>;
}

/** Errors: USAGE. */
export function requireJudgeName(name: string): void {
  if (!isJudgeName(name)) throw new CupcheckError('USAGE', `--judge ${name}: allowed are ${judgeNames.join(', ')}`);
}

/**
 * Judges journalled cups once more and shows what differs: cups that were named whole, of the last ones those that changed.
 * Ends with 1 where a verdict changed, or a cup could not be judged again.
 * @param load makes the two judgements
 */
export async function showReplay(
  cli: Cli,
  config: Config,
  wanted: WantedCups,
  load: (calibration: LoadedCalibration | null) => Promise<Comparison>,
): Promise<ExitCode> {
  // The station on the same cores goes first. Threads that begin later inherit it.
  setPriority(constants.priority.PRIORITY_LOW);
  const { results, passed } = journalledCups(config.journal.path, wanted);
  const isNamed = wanted.cups.length > 0;
  if (results.length === 0) {
    if (!cli.options.json)
      for (const line of hanging('No cup has a picture: images.keepAmbers keeps them.')) cli.terminal.err(line);
    return done;
  }
  const calibration = config.calibration.path === null ? null : await loadCalibration(config.calibration.path);
  const comparison = await load(calibration);
  const progress = new CountProgress(cli.terminal);
  const tally = new ReplayTally();
  let isHeaded = isNamed || cli.options.json;
  const shown = (cup: AgainCup): void => {
    // Lines of the output and the bar may share a terminal.
    progress.end();
    if (!isHeaded && cup.kind === 'judged') {
      cli.terminal.out(changesHeading());
      isHeaded = true;
    }
    cli.print(cupDocument(cup), () => (isNamed ? cupLines(cup, comparison.heads) : changeLines(cup, cli.terminal)));
  };
  const run = async (signal: AbortSignal): Promise<void> => {
    let seen = 0;
    progress.update(0, results.length);
    const cups = judgeAgain(results, { pictures: config.images.path, calibration, judge: comparison.judge, signal });
    for await (const cup of cups) {
      tally.add(cup);
      if (isNamed || cli.options.json || cup.kind !== 'judged' || cup.difference.changed) shown(cup);
      progress.update(++seen, results.length);
    }
  };
  try {
    if (!isNamed && !cli.options.json) {
      for (const line of hanging(`${comparison.heads.join(' → ')}, ${rangeText(results, passed)}`))
        cli.terminal.out(line);
    }
    await orInterrupted(run, () => {
      progress.end();
      cli.terminal.err(`Interrupted after ${tally.summary.cups} of ${counted(results.length, 'cup')}.`);
    });
  } finally {
    progress.end();
    await comparison.close();
  }
  const { summary } = tally;
  cli.print({ type: 'summary', between: comparison.heads, passed, ...summary }, () => summaryLines(summary));
  return isUnchanged(summary) ? done : amber;
}

function rangeText(results: readonly { readonly seq: number }[], passed: number): string {
  const [first, last] = [results[0]?.seq ?? 0, results.at(-1)?.seq ?? 0];
  const range = first === last ? `cup ${first}` : `cups ${first} to ${last}`;
  return passed === 0 ? range : `${range}; ${passed} of them have no picture`;
}

/** A cup as a document of one line. */
function cupDocument(cup: AgainCup) {
  const { seq, id, time } = cup.result;
  const named = { type: 'cup', seq, id, utc: time.utc };
  if (cup.kind !== 'judged') return { ...named, judged: false, obstacle: cup.kind, why: cup.why };
  const { before, now, difference } = cup;
  return { ...named, judged: true, changed: difference.changed, before, now, difference };
}

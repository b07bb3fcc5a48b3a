import type { Result } from '../../daemon/result.js';
import { asCupcheckError } from '../../errors.js';
import type { LoadedCalibration } from '../../pipeline/bundle/load-calibration.js';
import { findPicture } from '../kept-picture.js';
import { type AskedCup, ofJournal } from './asked-cup.js';
import { type Difference, differenceOf } from './difference.js';
import type { JudgedCup } from './judged-cup.js';
import { calibrationDoubt } from './replay-judge.js';

/** Why a cup cannot be judged again. */
export const obstacles = ['not_kept', 'gone', 'altered', 'other_calibration', 'unreadable'] as const;
export type Obstacle = (typeof obstacles)[number];

/** What became of one cup. */
export type AgainCup =
  | {
      readonly kind: 'judged';
      readonly cup: AskedCup;
      readonly before: JudgedCup;
      readonly now: JudgedCup;
      readonly difference: Difference;
    }
  | { readonly kind: Obstacle; readonly cup: AskedCup; readonly why: string };

export interface AgainOptions {
  /** Folder of the pictures. */
  readonly pictures: string;
  readonly calibration: LoadedCalibration | null;
  /** The two judgements of a cup that are held against each other. */
  readonly judge: (result: Result, jpeg: Uint8Array) => Promise<readonly [before: JudgedCup, now: JudgedCup]>;
  readonly signal: AbortSignal;
}

/** Judges journalled cups once more, one after the other. One that cannot be judged does not stop the others. */
export async function* judgeAgain(
  results: readonly Result[],
  { pictures, calibration, judge, signal }: AgainOptions,
): AsyncGenerator<AgainCup, void> {
  for (const result of results) {
    signal.throwIfAborted();
    const cup = ofJournal(result);
    const picture = await findPicture(pictures, result);
    const doubt = calibrationDoubt(result, calibration);
    if (picture.kind !== 'there') {
      yield { kind: picture.kind, cup, why: picture.why };
    } else if (doubt !== null) {
      yield { kind: 'other_calibration', cup, why: doubt };
    } else {
      yield await judgedAgain(cup, () => judge(result, picture.jpeg));
    }
  }
}

/** @param judge gives the two judgements; what it throws makes the cup unreadable */
export async function judgedAgain(
  cup: AskedCup,
  judge: () => Promise<readonly [before: JudgedCup, now: JudgedCup]>,
): Promise<AgainCup> {
  try {
    const [before, now] = await judge();
    return { kind: 'judged', cup, before, now, difference: differenceOf(before, now) };
  } catch (thrown) {
    return { kind: 'unreadable', cup, why: `cup ${cup.seq ?? cup.id}: ${asCupcheckError(thrown).message}` };
  }
}

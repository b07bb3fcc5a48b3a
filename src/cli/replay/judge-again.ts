import type { Result } from '../../daemon/result.js';
import { asCupcheckError } from '../../errors.js';
import type { LoadedCalibration } from '../../pipeline/bundle/load-calibration.js';
import { findPicture } from '../kept-picture.js';
import { type Difference, differenceOf } from './difference.js';
import type { JudgedCup } from './judged-cup.js';
import { calibrationDoubt } from './replay-judge.js';

/** Why a cup cannot be judged again. */
export const obstacles = ['not_kept', 'gone', 'altered', 'other_calibration', 'unreadable'] as const;
export type Obstacle = (typeof obstacles)[number];

/** What became of one journalled cup. */
export type AgainCup =
  | {
      readonly kind: 'judged';
      readonly result: Result;
      readonly before: JudgedCup;
      readonly now: JudgedCup;
      readonly difference: Difference;
    }
  | { readonly kind: Obstacle; readonly result: Result; readonly why: string };

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
    const picture = await findPicture(pictures, result);
    const doubt = calibrationDoubt(result, calibration);
    if (picture.kind !== 'there') {
      yield { kind: picture.kind, result, why: picture.why };
    } else if (doubt !== null) {
      yield { kind: 'other_calibration', result, why: doubt };
    } else {
      yield await judgedAgain(result, picture.jpeg, judge);
    }
  }
}

async function judgedAgain(result: Result, jpeg: Uint8Array, judge: AgainOptions['judge']): Promise<AgainCup> {
  try {
    const [before, now] = await judge(result, jpeg);
    return { kind: 'judged', result, before, now, difference: differenceOf(before, now) };
  } catch (thrown) {
    return { kind: 'unreadable', result, why: `cup ${result.seq}: ${asCupcheckError(thrown).message}` };
  }
}

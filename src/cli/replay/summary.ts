import type { AskedCup } from './asked-cup.js';
import { type AgainCup, type Obstacle, obstacles } from './judge-again.js';
import type { JudgedCup } from './judged-cup.js';

export interface ReplaySummary {
  readonly cups: number;
  readonly judged: number;
  /** Of the judged: with another verdict, design or reason, or an item that is seen or judged otherwise. */
  readonly changed: number;
  readonly verdictsChanged: number;
  readonly greenToAmber: number;
  readonly amberToGreen: number;
  /** The most by which a cup's score moved; `null` where none has two scores. */
  readonly largestScoreChange: number | null;
  /** Golden pictures that must never be green, and are. */
  readonly falseGreens: { readonly before: number; readonly now: number };
  readonly notJudged: Readonly<Record<Obstacle, number>>;
}

/** Whether a judgement of a golden picture is green where its truth forbids it: a wrong cup, or another design than it holds. */
export const isFalseGreen = ({ truth, order }: AskedCup, { verdict, design }: JudgedCup): boolean =>
  verdict === 'green' && truth !== null && (truth === 'wrong' || design !== order?.design);

/** Counts what became of cups. */
export class ReplayTally {
  #cups = 0;
  #changed = 0;
  #greenToAmber = 0;
  #amberToGreen = 0;
  #largest: number | null = null;
  #falseBefore = 0;
  #falseNow = 0;
  readonly #notJudged: Record<Obstacle, number> = {
    not_kept: 0,
    gone: 0,
    altered: 0,
    other_calibration: 0,
    unreadable: 0,
  };

  add(again: AgainCup): void {
    this.#cups += 1;
    if (again.kind !== 'judged') {
      this.#notJudged[again.kind] += 1;
      return;
    }
    const { difference, before, now, cup } = again;
    if (isFalseGreen(cup, before)) this.#falseBefore += 1;
    if (isFalseGreen(cup, now)) this.#falseNow += 1;
    if (difference.changed) this.#changed += 1;
    if (difference.verdict && now.verdict === 'amber') this.#greenToAmber += 1;
    if (difference.verdict && now.verdict === 'green') this.#amberToGreen += 1;
    if (difference.scoreChange !== null) this.#largest = Math.max(this.#largest ?? 0, Math.abs(difference.scoreChange));
  }

  get summary(): ReplaySummary {
    const notJudged = { ...this.#notJudged };
    const [greenToAmber, amberToGreen] = [this.#greenToAmber, this.#amberToGreen];
    return {
      cups: this.#cups,
      judged: this.#cups - obstacles.reduce((sum, kind) => sum + notJudged[kind], 0),
      changed: this.#changed,
      verdictsChanged: greenToAmber + amberToGreen,
      greenToAmber,
      amberToGreen,
      largestScoreChange: this.#largest,
      falseGreens: { before: this.#falseBefore, now: this.#falseNow },
      notJudged,
    };
  }
}

/** Whether every cup was judged again, and its verdict stayed. */
export const isUnchanged = ({ cups, judged, verdictsChanged }: ReplaySummary): boolean =>
  judged === cups && verdictsChanged === 0;

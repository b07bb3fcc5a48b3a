import { matchBoxes } from '../evaluate/match-items.js';
import type { Reason } from '../../pipeline/judgement.js';
import type { JudgedCup, JudgedItem } from './judged-cup.js';

/** The same item in two judgements; `null` where one of them has not found it. */
export interface ItemPair {
  readonly before: JudgedItem | null;
  readonly now: JudgedItem | null;
}

/** What differs between two judgements of one picture. Scores alone are no change: they may move by a rounding. */
export interface Difference {
  readonly verdict: boolean;
  readonly design: boolean;
  /** Reasons that were given before only, and those that are given now only. */
  readonly reasonsGone: readonly Reason[];
  readonly reasonsCome: readonly Reason[];
  /** In the order of the first judgement; then what only the second has found. */
  readonly items: readonly ItemPair[];
  /** Places in `items` of those that are seen or judged otherwise. */
  readonly itemsChanged: readonly number[];
  /** The cup's score now less that before; `null` where one of them has none. */
  readonly scoreChange: number | null;
  readonly changed: boolean;
}

function pairItems(before: readonly JudgedItem[], now: readonly JudgedItem[]): ItemPair[] {
  const matches = matchBoxes(
    before.map(({ box }) => box),
    now.map(({ box }) => box),
  );
  const pairs = before.map((item, index): ItemPair => {
    const match = matches[index] ?? null;
    return { before: item, now: match === null ? null : (now[match] ?? null) };
  });
  const more = now.filter((_, index) => !matches.includes(index));
  return [...pairs, ...more.map((item): ItemPair => ({ before: null, now: item }))];
}

const isChanged = ({ before, now }: ItemPair): boolean =>
  before === null || now === null || before.design !== now.design || before.compatible !== now.compatible;

function without(reasons: JudgedCup['reasons'], others: JudgedCup['reasons']): Reason[] {
  const known = new Set(others.map(({ reason }) => reason));
  return [...new Set(reasons.map(({ reason }) => reason))].filter((reason) => !known.has(reason));
}

/** Items are the same where their boxes share half of what either covers. */
export function differenceOf(before: JudgedCup, now: JudgedCup): Difference {
  const verdict = before.verdict !== now.verdict;
  const design = before.design !== now.design;
  const reasonsGone = without(before.reasons, now.reasons);
  const reasonsCome = without(now.reasons, before.reasons);
  const items = pairItems(before.items, now.items);
  const itemsChanged = items.flatMap((pair, index) => (isChanged(pair) ? [index] : []));
  const scoreChange = before.score === null || now.score === null ? null : now.score - before.score;
  const changed = verdict || design || [...reasonsGone, ...reasonsCome, ...itemsChanged].length > 0;
  return { verdict, design, reasonsGone, reasonsCome, items, itemsChanged, scoreChange, changed };
}

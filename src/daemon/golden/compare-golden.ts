import type { Reason } from '../../pipeline/judgement.js';
import { ofTheMoment } from '../of-the-moment.js';
import type { JudgeInfo, ReplayedCup } from '../ports.js';
import type { GoldenItem, GoldenRecord, Recorded } from './golden-record.js';

/**
 * What became of a golden picture.
 * `right`: as it must be. `better`: it is right, was amber, and is green. `lost`: it is right, was green, and is amber.
 * `false_green`: green, and must not be. `scores`: the verdict is right, and the scores are not the recorded ones.
 * `unreadable`: it could not be judged.
 */
export type GoldenOutcome = 'right' | 'better' | 'lost' | 'false_green' | 'scores' | 'unreadable';

/** One golden picture after it was judged again. */
export interface GoldenVerdict {
  readonly cup: string;
  /** `null` where its record cannot be read. */
  readonly seq: number | null;
  readonly truth: 'ok' | 'wrong' | null;
  readonly outcome: GoldenOutcome;
  readonly verdict: 'green' | 'amber' | null;
  /** What is wrong; `null` where nothing is. */
  readonly why: string | null;
  /** The largest difference of a score from the recorded one; `null` = not compared. */
  readonly difference: number | null;
  /** The bundle and gallery that it was recorded with judged it. */
  readonly sameModel: boolean;
}

/** What people call it. */
export const goldenName = ({ cup, seq }: Pick<GoldenVerdict, 'cup' | 'seq'>): string => `cup ${seq ?? cup}`;

/** What a picture alone cannot give again, or what came of there being no order for it. */
const notOfThePicture: ReadonlySet<Reason> = new Set<Reason>([...ofTheMoment, 'no_order', 'order_expired']);

/** Ambers that were greens until something vetoed them. */
const vetoes: ReadonlySet<Reason> = new Set<Reason>(['audit', 'selftest_overdue']);

/** What the picture was judged as on its day; `null` where the journal does not say, since something else came first. */
export function recordedVerdict({ recorded, expected }: GoldenRecord): 'green' | 'amber' | null {
  if (!isSameQuestion(recorded.asked, expected)) return null;
  const { verdict, reasons } = recorded;
  if (verdict === 'green' || (reasons.length > 0 && reasons.every((reason) => vetoes.has(reason)))) return 'green';
  return reasons.some((reason) => !notOfThePicture.has(reason)) ? 'amber' : null;
}

function isSameQuestion(a: Recorded['asked'], b: Recorded['asked']): boolean {
  // In the mode identify nothing is asked for; what the design is, is the answer.
  return a.mode === b.mode && a.count === b.count && (a.mode === 'identify' || a.design === b.design);
}

const middle = ([x, y, width, height]: GoldenItem['box']) => [x + width / 2, y + height / 2] as const;

/** Each recorded item with the one that lies nearest now; `null` where there are not as many. */
function pairs(
  recorded: readonly GoldenItem[],
  now: readonly GoldenItem[],
): (readonly [GoldenItem, GoldenItem])[] | null {
  if (recorded.length !== now.length) return null;
  const left = [...now];
  return recorded.map((item) => {
    const [x, y] = middle(item.box);
    const distances = left.map(({ box }) => Math.hypot(middle(box)[0] - x, middle(box)[1] - y));
    const [nearest = item] = left.splice(distances.indexOf(Math.min(...distances)), 1);
    return [item, nearest] as const;
  });
}

interface Scores {
  readonly difference: number | null;
  readonly why: string | null;
}

/** The scores of two judgements of one picture, item by item and of the cup; `other`: what the first is called. */
export function itemScores(
  recorded: Pick<ReplayedCup, 'items' | 'score'>,
  now: Pick<ReplayedCup, 'items' | 'score'>,
  most: number,
  other: string,
): Scores {
  const paired = pairs(recorded.items, now.items);
  if (paired === null)
    return { difference: null, why: `${now.items.length} items are seen, ${recorded.items.length} were` };
  let difference = 0;
  for (const [index, [was, is]] of [...paired, [recorded, now] as const].entries()) {
    const what = index < paired.length ? `item ${index + 1}` : 'the cup';
    if ((was.score === null) !== (is.score === null))
      return {
        difference: null,
        why: `${what} has ${is.score === null ? 'no score, and had one' : 'a score, and had none'}`,
      };
    difference = Math.max(difference, Math.abs((was.score ?? 0) - (is.score ?? 0)));
  }
  const isFar = difference > most;
  return {
    difference,
    why: isFar ? `a score differs by ${difference.toFixed(4)} from ${other}, allowed is ${most}` : null,
  };
}

const reasonsOf = ({ reasons }: ReplayedCup): string => [...new Set(reasons.map(({ reason }) => reason))].join(', ');

/**
 * The rule: what must never be green is never green; what is right and was green is green; scores are the recorded ones where they can be
 * compared. A cup that is right, was amber, and is green now is no error: its truth says so.
 */
export function compareGolden(
  record: GoldenRecord,
  now: ReplayedCup,
  judge: Pick<JudgeInfo, 'bundle' | 'gallerySha256'>,
  maxScoreDifference: number,
): GoldenVerdict {
  const { cup, seq, truth, expected, recorded } = record;
  const { verdict } = now;
  const was = recordedVerdict(record);
  const sameModel = recorded.bundle?.sha256 === judge.bundle.sha256 && recorded.gallery === judge.gallerySha256;
  const base = { cup, seq, truth, verdict, sameModel, difference: null };
  if (verdict === 'green' && truth === 'wrong')
    return { ...base, outcome: 'false_green', why: 'it is green, and must never be' };
  if (verdict === 'green' && now.design !== expected.design)
    return { ...base, outcome: 'false_green', why: `it is green as ${now.design}, and holds ${expected.design}` };
  if (verdict === 'amber' && truth === 'ok' && was === 'green')
    return { ...base, outcome: 'lost', why: `it is right, was green, and is amber: ${reasonsOf(now)}` };
  const outcome = verdict === 'green' && was === 'amber' ? 'better' : 'right';
  if (!sameModel || was === null) return { ...base, outcome, why: null };
  const { difference, why } = itemScores(record.recorded, now, maxScoreDifference, 'the recorded one');
  return { ...base, outcome: why === null ? outcome : 'scores', why, difference };
}

/**
 * The pictures that speak against what judged them. A cup that is right and turned amber is excused up to `maxAmbers` times where another
 * model had recorded it; the same model must say the same again.
 */
export function failuresOf(verdicts: readonly GoldenVerdict[], maxAmbers: number): readonly GoldenVerdict[] {
  const failed = verdicts.filter(({ outcome }) => outcome !== 'right' && outcome !== 'better');
  const isExcusable = ({ outcome, sameModel }: GoldenVerdict) => outcome === 'lost' && !sameModel;
  const excused = failed.filter(isExcusable).length <= maxAmbers;
  return excused ? failed.filter((one) => !isExcusable(one)) : failed;
}

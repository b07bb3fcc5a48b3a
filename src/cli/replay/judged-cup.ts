import { ofTheMoment } from '../../daemon/of-the-moment.js';
import type { Result, ResultItem } from '../../daemon/result.js';
import type { Judgement, ReasonGiven } from '../../pipeline/judgement.js';

/** One item of a judgement, as far as it is compared with another judgement of the same picture. */
export type JudgedItem = Pick<ResultItem, 'box' | 'design' | 'side' | 'score' | 'compatible'>;

/** What a journalled or a new judgement says of a cup. */
export interface JudgedCup {
  readonly verdict: 'green' | 'amber';
  readonly design: string | null;
  readonly score: number | null;
  readonly threshold: number | null;
  readonly reasons: readonly ReasonGiven[];
  readonly items: readonly JudgedItem[];
}

export const reasonsOfTheMoment = ({ reasons }: Pick<Result, 'reasons'>): readonly ReasonGiven[] =>
  reasons.filter(({ reason }) => ofTheMoment.has(reason));

const compared = ({ box, design, side, score, compatible }: JudgedItem): JudgedItem => ({
  box,
  design,
  side,
  score,
  compatible,
});

/** A cup as it is in the journal. */
export const judgedThen = ({ verdict, design, score, threshold, reasons, items }: Result): JudgedCup => ({
  verdict,
  design,
  score,
  threshold,
  reasons,
  items: items.map(compared),
});

/** A new judgement, with the reasons of the moment that the cup had: what only they made amber stays amber. */
export function judgedNow(judgement: Judgement, ofMoment: readonly ReasonGiven[]): JudgedCup {
  const reasons = [...ofMoment, ...(judgement.verdict === 'amber' ? judgement.reasons : [])];
  return {
    verdict: reasons.length === 0 ? 'green' : 'amber',
    design: judgement.design,
    score: judgement.score,
    threshold: judgement.threshold?.score ?? null,
    reasons,
    items: judgement.items.map(compared),
  };
}

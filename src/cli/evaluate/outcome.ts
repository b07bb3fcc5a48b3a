import type { Judgement } from '../../pipeline/judgement.js';
import { matchBoxes } from './match-items.js';
import type { TruthCup, TruthItem } from './truth.js';

/** What happened to one cup, in the form that calibration reads (`--cups-out`, a line for each judge and cup). */
export interface CupOutcome {
  /** Name of the judge. */
  readonly judge: string;
  readonly image: string;
  readonly kind: string;
  readonly expect: string | null;
  readonly truthDesign: string | null;
  readonly greenAllowed: boolean;
  /** Where its items come from; `null` = the truth does not say. */
  readonly source: string | null;
  /** True items in it. */
  readonly trueItems: number;
  /** Share of them that lie with the back up; `null` = the truth does not say of each. */
  readonly backs: number | null;
  readonly verdict: 'green' | 'amber';
  readonly reasons: readonly string[];
  readonly score: number | null;
  readonly threshold: number | null;
  readonly design: string | null;
  readonly ms: Readonly<Record<string, number>>;
  readonly items: readonly {
    /** The true item that it was matched with; `null` = none is there. */
    readonly coin: string | null;
    readonly truthDesign: string | null;
    readonly trueSide: string | null;
    /** The true item's set. */
    readonly set: string | null;
    readonly matched: boolean;
    /** x, y, width, height in picture pixels, as it was seen. */
    readonly box: readonly [number, number, number, number];
    readonly design: string | null;
    readonly side: string | null;
    readonly score: number | null;
    readonly compatible: boolean;
    readonly diameterMm: number | null;
    readonly trueDiameterMm: number | null;
    readonly quality: Judgement['items'][number]['quality'];
  }[];
  readonly truth: readonly {
    readonly coin: string | null;
    readonly design: string | null;
    readonly set: string | null;
    readonly side: string | null;
    readonly visible: number;
    readonly found: boolean;
  }[];
}

/** Share of a cup's items that show their back; `null` where a side is not known. */
function shareOfBacks(items: readonly TruthItem[]): number | null {
  if (items.length === 0 || items.some(({ side }) => side === null)) return null;
  return items.filter(({ side }) => side === 'reverse').length / items.length;
}

/** What each of the judges made of a cup whose items they saw alike. @param names of the judges */
export function outcomesOf(
  cup: TruthCup,
  names: readonly string[],
  judgements: readonly Judgement[],
): readonly CupOutcome[] {
  const [seen] = judgements;
  const matches = matchBoxes(
    seen?.items.map(({ box }) => box) ?? [],
    cup.items.map(({ box }) => box),
  );
  // One list for all judges: thousands of cups by a dozen judges are kept at once.
  const truth = cup.items.map(({ coin, design, set, side, visible }, index) => ({
    coin,
    design,
    set,
    side,
    visible,
    found: matches.includes(index),
  }));
  return judgements.map((judgement, index) => outcomeOf(cup, names[index] ?? '', judgement, matches, truth));
}

function outcomeOf(
  cup: TruthCup,
  judge: string,
  judgement: Judgement,
  matches: readonly (number | null)[],
  truth: CupOutcome['truth'],
): CupOutcome {
  return {
    judge,
    image: cup.image,
    kind: cup.kind,
    expect: cup.expect,
    truthDesign: cup.design,
    greenAllowed: cup.greenAllowed,
    source: cup.source,
    trueItems: cup.items.length,
    backs: shareOfBacks(cup.items),
    verdict: judgement.verdict,
    reasons: judgement.verdict === 'amber' ? [...new Set(judgement.reasons.map(({ reason }) => reason))] : [],
    score: judgement.score,
    threshold: judgement.threshold?.score ?? null,
    design: judgement.design,
    ms: { ...judgement.ms },
    items: judgement.items.map((item, index) => {
      const matched = cup.items[matches[index] ?? -1];
      const { majorPx } = matched ?? { majorPx: null };
      return {
        coin: matched?.coin ?? null,
        truthDesign: matched?.design ?? null,
        trueSide: matched?.side ?? null,
        set: matched?.set ?? null,
        matched: matched !== undefined,
        box: item.box,
        design: item.design,
        side: item.side,
        score: item.score,
        compatible: item.compatible,
        diameterMm: item.diameterMm,
        trueDiameterMm: cup.pxPerMm === null || majorPx === null ? null : majorPx / cup.pxPerMm,
        quality: item.quality,
      };
    }),
    truth,
  };
}

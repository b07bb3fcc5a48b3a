import type { Judgement } from '../../pipeline/judgement.js';
import { matchBoxes } from './match-items.js';
import type { TruthCup } from './truth.js';

/** What happened to one cup, in the form that calibration reads (`--cups-out`, a line for each judge and cup). */
export interface CupOutcome {
  /** Name of the judge. */
  readonly judge: string;
  readonly image: string;
  readonly kind: string;
  readonly expect: string | null;
  readonly truthDesign: string | null;
  readonly greenAllowed: boolean;
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
    readonly matched: boolean;
    readonly design: string | null;
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
    readonly visible: number;
    readonly found: boolean;
  }[];
}

export function outcomeOf(cup: TruthCup, judge: string, judgement: Judgement): CupOutcome {
  const matches = matchBoxes(
    judgement.items.map(({ box }) => box),
    cup.items.map(({ box }) => box),
  );
  const found = new Set(matches);
  return {
    judge,
    image: cup.image,
    kind: cup.kind,
    expect: cup.expect,
    truthDesign: cup.design,
    greenAllowed: cup.greenAllowed,
    verdict: judgement.verdict,
    reasons: judgement.verdict === 'amber' ? [...new Set(judgement.reasons.map(({ reason }) => reason))] : [],
    score: judgement.score,
    threshold: judgement.threshold?.score ?? null,
    design: judgement.design,
    ms: { ...judgement.ms },
    items: judgement.items.map((item, index) => {
      const truth = cup.items[matches[index] ?? -1];
      const { majorPx } = truth ?? { majorPx: null };
      return {
        coin: truth?.coin ?? null,
        truthDesign: truth?.design ?? null,
        matched: truth !== undefined,
        design: item.design,
        score: item.score,
        compatible: item.compatible,
        diameterMm: item.diameterMm,
        trueDiameterMm: cup.pxPerMm === null || majorPx === null ? null : majorPx / cup.pxPerMm,
        quality: item.quality,
      };
    }),
    truth: cup.items.map(({ coin, design, set, visible }, index) => ({
      coin,
      design,
      set,
      visible,
      found: found.has(index),
    })),
  };
}

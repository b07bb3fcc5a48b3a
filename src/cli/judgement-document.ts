import type { JudgedItem, Judgement } from '../pipeline/judgement.js';

/** A judgement as `judge --json` prints it, named as in a result. */
export interface JudgementDocument {
  readonly image: string;
  readonly verdict: 'green' | 'amber';
  readonly design: string | null;
  readonly reasons: readonly { readonly reason: string; readonly detail: string; readonly item?: number }[];
  readonly warnings: readonly string[];
  readonly score: number | null;
  readonly threshold: number | null;
  readonly evidence: object | null;
  readonly count: object;
  readonly items: readonly object[];
  readonly ms: Readonly<Record<string, number>>;
}

const rounded = (value: number, digits: number) => Number(value.toFixed(digits));
const orNull = (value: number | null, digits: number) => (value === null ? null : rounded(value, digits));

const itemDocument = ({ box, ellipse, diameterMm, quality, ...item }: JudgedItem) => ({
  box: box.map((value) => rounded(value, 1)),
  ellipse:
    ellipse === null
      ? null
      : [ellipse.cx, ellipse.cy, ellipse.major, ellipse.minor, (ellipse.angleRad * 180) / Math.PI].map((value) =>
          rounded(value, 2),
        ),
  diameter_mm: orNull(diameterMm, 2),
  side: item.side,
  design: item.design,
  score: orNull(item.score, 4),
  compatible: item.compatible,
  informative: item.informative,
  quality: {
    rim_seen: rounded(quality.rimSeen, 3),
    rim_width: rounded(quality.rimWidth, 3),
    luma: rounded(quality.luma, 1),
    clipped: rounded(quality.clipped, 4),
  },
});

export function judgementDocument(image: string, judgement: Judgement): JudgementDocument {
  return {
    image,
    verdict: judgement.verdict,
    design: judgement.design,
    reasons: judgement.verdict === 'amber' ? judgement.reasons : [],
    warnings: judgement.warnings,
    score: orNull(judgement.score, 4),
    threshold: orNull(judgement.threshold?.score ?? null, 4),
    evidence: judgement.threshold?.evidence ?? null,
    count: judgement.count,
    items: judgement.items.map(itemDocument),
    ms: Object.fromEntries(Object.entries(judgement.ms).map(([stage, ms]) => [stage, rounded(Number(ms), 2)])),
  };
}

import type { CalibratedThreshold, Evidence } from '../judgement.js';
import type { DesignSpec, Manifest, ThresholdSpec } from './manifest.js';

/** How far a person lets a cup pass on less evidence. */
export interface RiskPolicy {
  /** A bound of P(green | bad cup) above it is not enough evidence; `null` = the calibration alone decides. */
  readonly maxGreenIfBad: number | null;
  /** Judge designs without enough evidence too: for measuring, or on an operator's own risk. */
  readonly overrideNotCovered: boolean;
  /** A score that takes the place of every calibrated one: for measuring only; counts as not covered. */
  readonly measuringScore: number | null;
}

export type Coverage =
  | { readonly kind: 'covered'; readonly threshold: CalibratedThreshold }
  | { readonly kind: 'overridden'; readonly threshold: CalibratedThreshold; readonly detail: string }
  | { readonly kind: 'not_covered'; readonly detail: string };

const NO_EVIDENCE: Omit<Evidence, 'pool'> = {
  distinctCoins: 0,
  distinctDesigns: 0,
  falseGreens: 0,
  bound: 1,
  confidence: 0.95,
};

const seal = (score: number, evidence: Evidence, covered: boolean) =>
  ({ score, evidence, covered }) as CalibratedThreshold;

const percent = (value: number) => `${(value * 100).toFixed(2)} %`;

/** The thresholds that were calibrated for a judge: a score means nothing to another. Empty = none were. */
const thresholdsOf = (manifest: Manifest, judge: string): Readonly<Record<string, ThresholdSpec>> =>
  judge === manifest.judge.name ? manifest.thresholds : (manifest.judgeThresholds?.[judge] ?? {});

/**
 * What the bundle's calibration says of a design: its threshold with the evidence, or why there is none.
 * The manifest must be a verified bundle's. An overridden threshold without a calibrated score is 0:
 * each item is nearer to the design than to any other, and known.
 * @param judge name of the judge whose score is compared
 */
export function coverageOf(manifest: Manifest, design: DesignSpec, risk: RiskPolicy, judge: string): Coverage {
  const spec = design.threshold === null ? undefined : thresholdsOf(manifest, judge)[design.threshold];
  const found = spec?.evidence ?? null;
  const evidence: Evidence =
    found === null
      ? { pool: design.threshold ?? 'none', ...NO_EVIDENCE }
      : {
          pool: found.pool,
          distinctCoins: found.distinctCoins,
          distinctDesigns: found.distinctDesigns,
          falseGreens: found.falseGreens,
          bound: found.bound,
          confidence: found.confidence,
        };
  const missing = whyNotCovered(design, spec?.score ?? null, evidence, risk.maxGreenIfBad);
  if (risk.measuringScore !== null)
    return {
      kind: 'overridden',
      threshold: seal(risk.measuringScore, evidence, false),
      detail: 'a score set for measuring',
    };
  if (missing === null && spec?.score !== null && spec?.score !== undefined)
    return { kind: 'covered', threshold: seal(spec.score, evidence, true) };
  const detail = missing ?? `${design.name} has no calibrated threshold`;
  if (!risk.overrideNotCovered) return { kind: 'not_covered', detail };
  return { kind: 'overridden', threshold: seal(spec?.score ?? 0, evidence, false), detail };
}

function whyNotCovered(
  design: DesignSpec,
  score: number | null,
  evidence: Evidence,
  max: number | null,
): string | null {
  if (score === null) return `${design.name} has no calibrated threshold`;
  if (max !== null && evidence.bound > max)
    return `${design.name}: up to ${percent(evidence.bound)} of bad cups could turn green, this station allows ${percent(max)}`;
  return null;
}

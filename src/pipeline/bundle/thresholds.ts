import type { CalibratedThreshold, Evidence } from '../judgement.js';
import {
  type BoundScope,
  boundScopes,
  type DesignSpec,
  type Manifest,
  scopeOf,
  type ThresholdSpec,
} from './manifest.js';

/** How far a person lets a cup pass on less evidence. */
export interface RiskPolicy {
  /** A bound of P(green | bad cup) above it is not enough evidence; `null` = the calibration alone decides. */
  readonly maxGreenIfBad: number | null;
  /** The widest scope whose bound is enough. */
  readonly acceptBound: BoundScope;
  /** Let pass what differs from the design in a detail alone that the bundle does not read. */
  readonly acceptUnread: boolean;
  /** Judge designs without enough evidence too: for measuring, or on an operator's own risk. */
  readonly overrideNotCovered: boolean;
  /** A score that takes the place of every calibrated one: for measuring only; counts as not covered. */
  readonly measuringScore: number | null;
}

export type Coverage =
  | { readonly kind: 'covered'; readonly threshold: CalibratedThreshold; readonly scope: BoundScope }
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
const tableOf = (manifest: Manifest, judge: string): Readonly<Record<string, ThresholdSpec>> =>
  judge === manifest.judge.name ? manifest.thresholds : (manifest.judgeThresholds?.[judge] ?? {});

/**
 * The design's thresholds for a judge, the narrowest scope first. Which come after which is said once, by the table of the bundle's
 * own judge; another judge may lack some of them. The manifest's checks hold that each next one is wider, so there is an end.
 */
function* thresholdsOf(manifest: Manifest, design: DesignSpec, judge: string): Generator<ThresholdSpec> {
  const table = tableOf(manifest, judge);
  let name = design.threshold ?? undefined;
  while (name !== undefined) {
    const spec = table[name];
    if (spec !== undefined) yield spec;
    name = manifest.thresholds[name]?.wider;
  }
}

function evidenceOf(design: DesignSpec, spec: ThresholdSpec | undefined): Evidence {
  const found = spec?.evidence ?? null;
  if (found === null) return { pool: design.threshold ?? 'none', ...NO_EVIDENCE };
  const { pool, distinctCoins, distinctDesigns, falseGreens, bound, confidence } = found;
  return { pool, distinctCoins, distinctDesigns, falseGreens, bound, confidence };
}

/**
 * What the bundle's calibration says of a design: its threshold with the evidence, or why there is none. Of several thresholds
 * that the station accepts, the one whose bound speaks most closely of this design serves.
 * The manifest must be a verified bundle's. An overridden threshold without a calibrated score is 0:
 * each item is nearer to the design than to any other, and known.
 * @param judge name of the judge whose score is compared
 */
export function coverageOf(manifest: Manifest, design: DesignSpec, risk: RiskPolicy, judge: string): Coverage {
  const specs = [...thresholdsOf(manifest, design, judge)];
  const [narrowest] = specs;
  if (risk.measuringScore !== null)
    return {
      kind: 'overridden',
      threshold: seal(risk.measuringScore, evidenceOf(design, narrowest), false),
      detail: 'a score set for measuring',
    };
  const unread = unreadDoubt(design, risk);
  const doubts = unread === null ? [] : [unread];
  for (const spec of specs) {
    const evidence = evidenceOf(design, spec);
    const doubt = whyNotEnough(design, spec, evidence, risk);
    if (doubt === null && spec.score !== null && unread === null)
      return { kind: 'covered', threshold: seal(spec.score, evidence, true), scope: scopeOf(spec) };
    if (doubt !== null) doubts.push(doubt);
  }
  const detail = doubts[0] ?? `${design.name} has no calibrated threshold`;
  if (!risk.overrideNotCovered) return { kind: 'not_covered', detail };
  const threshold = seal(narrowest?.score ?? 0, evidenceOf(design, narrowest), false);
  return { kind: 'overridden', threshold, detail };
}

function unreadDoubt({ name, unread = [] }: DesignSpec, { acceptUnread }: RiskPolicy): string | null {
  if (unread.length === 0 || acceptUnread) return null;
  const details = unread.join(', ');
  return `${name}: this bundle does not read its ${details}, so one of another ${details} would pass; where that does not matter: risk.unread: accept`;
}

function whyNotEnough(
  design: DesignSpec,
  spec: ThresholdSpec,
  { bound }: Evidence,
  { acceptBound, maxGreenIfBad }: RiskPolicy,
): string | null {
  if (spec.score === null) return `${design.name} has no calibrated threshold`;
  const scope = scopeOf(spec);
  if (boundScopes.indexOf(scope) > boundScopes.indexOf(acceptBound)) return notOfItsOwn(design, scope, acceptBound);
  if (maxGreenIfBad !== null && bound > maxGreenIfBad)
    return `${design.name}: up to ${percent(bound)} of bad cups could turn green, this station allows ${percent(maxGreenIfBad)}`;
  return null;
}

function notOfItsOwn(design: DesignSpec, scope: BoundScope, accepted: BoundScope): string {
  const whose = scope === 'family' ? 'its family' : 'many designs together';
  const wanted = accepted === 'family' ? 'its own or its family’s' : 'its own';
  return `${design.name}: its bound is that of ${whose}, this station wants ${wanted} (risk.accept)`;
}

import type { Outline } from '../native/outline.js';
import type { FreshStamp } from './frame.js';

/** Why a cup is amber. Closed list: docs/mqtt.md and the JSON Schema are held to it by a test. */
export const reasons = [
  'no_order',
  'order_expired',
  'wrong_design',
  'wrong_size',
  'mixed_designs',
  'unknown_design',
  'low_margin',
  'not_covered',
  'count_mismatch',
  'uninformative',
  'unexplained',
  'audit',
  'crop_too_small',
  'overlap',
  'blur',
  'exposure',
  'motion',
  'stale_frame',
  'no_frame',
  'timeout',
  'retrigger',
  'cup_removed',
  'empty_cup',
  'model_not_ready',
  'selftest_overdue',
  'storage_fault',
  'camera_fault',
  'thermal',
  'internal_error',
] as const;
export type Reason = (typeof reasons)[number];

/** What weakens a result without making it amber. */
export const warnings = [
  'uncalibrated',
  'no_reference',
  'no_count',
  'shared_side',
  'not_covered_override',
  'family_bound',
  'pooled_bound',
  'unread_detail',
  'unsigned_bundle',
  'provider_fallback',
  'single_frame',
] as const;
export type Warning = (typeof warnings)[number];

/** A reason, and what a person should know about it ("a Morgan dollar lies among Peace dollars"). */
export interface ReasonGiven {
  readonly reason: Reason;
  readonly detail: string;
  /** Index into `items`, where one item is the cause. */
  readonly item?: number;
}

export type Side = 'obverse' | 'reverse';

/** A fitted outline in picture pixels. */
export type Ellipse = Outline;

export interface ItemQuality {
  /** Share of the rim that was seen, 0 to 1; below the gate it gives no size. */
  readonly rimSeen: number;
  /** Width of the rim's edge in mm (in px where uncalibrated): the measure of focus. */
  readonly rimWidth: number;
  /** Mean luma, 0 to 255. */
  readonly luma: number;
  /** Share of pixels at full white, 0 to 1. */
  readonly clipped: number;
}

/** One item of the cup, as it was judged. */
export interface JudgedItem {
  /** x, y, width, height in picture pixels. */
  readonly box: readonly [number, number, number, number];
  readonly ellipse: Ellipse | null;
  readonly diameterMm: number | null;
  readonly side: Side | null;
  /** The design that it looks like most, of compatible size; `null` = none of those known. */
  readonly design: string | null;
  /** Similarity to the cup's design less the best competitor's: what the threshold is compared with. */
  readonly score: number | null;
  /** Whether nothing speaks against the cup's design: look, size, known. */
  readonly compatible: boolean;
  /** Whether its side can tell designs apart. */
  readonly informative: boolean;
  readonly quality: ItemQuality;
}

/** What a threshold rests on. */
export interface Evidence {
  readonly pool: string;
  readonly distinctCoins: number;
  readonly distinctDesigns: number;
  readonly falseGreens: number;
  /** Upper bound of P(green | bad cup) at `confidence`. */
  readonly bound: number;
  readonly confidence: number;
}

declare const calibrated: unique symbol;
/** A threshold with its evidence; only `bundle/thresholds.ts` makes one, from a verified manifest. */
export type CalibratedThreshold = {
  readonly score: number;
  readonly evidence: Evidence;
  /** False where a person overrode `not_covered`. */
  readonly covered: boolean;
} & { readonly [calibrated]: true };

export interface CupCount {
  readonly seen: number;
  readonly expected: number | null;
  readonly informative: number;
  /** Items whose shared side was accepted, so a stray of the series could hide among them. */
  readonly undetectable: number;
}

/** Milliseconds by stage inside the judging process. */
export interface StageMs {
  readonly decode: number;
  readonly quality: number;
  readonly detect: number;
  readonly crop: number;
  readonly infer: number;
  readonly judge: number;
}

/** An order that was read off the cup. */
export interface CodeOrder {
  readonly id: string;
  readonly design: string;
  readonly count: number;
  readonly cups: number;
  /** UTC, ISO 8601. */
  readonly expires: string;
}

interface JudgedCup {
  readonly items: readonly JudgedItem[];
  readonly count: CupCount;
  readonly warnings: readonly Warning[];
  /** The order that a code on the cup said; absent where it came another way. */
  readonly codeOrder?: CodeOrder;
  readonly ms: StageMs;
}

/** Every item confirmed. Needs the proof of a fresh frame and a calibrated threshold: no other way to build it. */
export interface GreenJudgement extends JudgedCup {
  readonly verdict: 'green';
  readonly design: string;
  readonly score: number;
  readonly threshold: CalibratedThreshold;
  readonly frame: FreshStamp;
}

/** A person has to look. */
export interface AmberJudgement extends JudgedCup {
  readonly verdict: 'amber';
  readonly reasons: readonly [ReasonGiven, ...ReasonGiven[]];
  /** The order's design, or the one that the items agree on. */
  readonly design: string | null;
  readonly score: number | null;
  readonly threshold: CalibratedThreshold | null;
}

export type Judgement = GreenJudgement | AmberJudgement;

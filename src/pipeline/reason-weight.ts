import type { Reason, ReasonGiven } from './judgement.js';

/**
 * The weightiest first: what makes the rest of the judgement doubtful (light, motion, focus), then what cannot be judged,
 * then what is wrong with the whole cup, with single items, and last what is only not certain enough.
 */
export const weightiestFirst = [
  'exposure',
  'motion',
  'blur',
  'empty_cup',
  'no_order',
  'order_expired',
  'crop_too_small',
  'wrong_design',
  'overlap',
  'mixed_designs',
  'unknown_design',
  'wrong_size',
  'unexplained',
  'count_mismatch',
  'uninformative',
  'not_covered',
  'low_margin',
] as const satisfies readonly Reason[];

/** The reasons that a judgement itself can give; the station adds its own. */
export type CupReason = (typeof weightiestFirst)[number];

export interface Finding extends ReasonGiven {
  readonly reason: CupReason;
}

const weight = new Map<Reason, number>(weightiestFirst.map((reason, index) => [reason, index]));

export const byWeight = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted((a, b) => (weight.get(a.reason) ?? 0) - (weight.get(b.reason) ?? 0));

import type { BoundScope } from './bundle/manifest.js';

/** What a station asks of a cup; the config's part of the decision. */
export interface Policy {
  /** `confirm`: green only for the order's design. `identify`: green where all items agree on one covered design. */
  readonly mode: 'confirm' | 'identify';
  /** Items in a cup where no order says it; `null` = not checked, and the result warns. */
  readonly count: number | null;
  /** Items that show a side which several designs share: `strict` = amber, `allow` = accepted beside `minInformative` others. */
  readonly sharedSides: 'strict' | 'allow';
  readonly minInformative: number;
  /** Let designs without enough evidence turn green; each such result warns. */
  readonly overrideNotCovered: boolean;
  /** Designs that have sisters which the bundle can't tell from them: accepted (each such result warns), or not covered. */
  readonly acceptUnread: boolean;
  /** A bound of P(green | bad cup) above it counts as not covered; `null` = the calibration alone decides. */
  readonly maxGreenIfBad: number | null;
  /** The widest scope whose bound counts as evidence: the design's own, its family's, or that of many designs together. */
  readonly acceptBound: BoundScope;
  /** A score in the place of every calibrated one, for measuring; `null` = none. The station never sets it. */
  readonly measuringScore: number | null;
}

/** What says what a cup should hold; `doubt` is why nothing does. */
export interface OrderSeen {
  readonly order: CupOrder | null;
  readonly doubt: string | null;
}

/** The order that was latched at the cup's trigger. */
export interface CupOrder {
  readonly design: string;
  /** Items in the cup; `null` = the order does not say. */
  readonly count: number | null;
  readonly expired: boolean;
}

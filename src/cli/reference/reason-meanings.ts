import type { Reason, Warning } from '../../pipeline/judgement.js';

/** What each reason tells the person who looks. The type holds the list to be complete. */
export const reasonMeanings: Readonly<Record<Reason, string>> = {
  no_order: 'No order is in force (mode `confirm`). A cup of identical wrong items must not turn green.',
  order_expired: 'The order in force is past its expiry.',
  wrong_design: 'Every item looks like another design than the ordered one. The detail names what was seen.',
  wrong_size: 'An item is larger or smaller than its design allows.',
  mixed_designs: 'Some items look like another design than the rest.',
  unknown_design: 'An item looks like nothing that the bundle knows.',
  low_margin: 'Nothing speaks against the cup, but its score is not over the calibrated threshold.',
  not_covered: 'The design has no calibrated threshold, or the bundle does not know it.',
  count_mismatch: 'More or fewer items than expected.',
  uninformative: 'Items show a side that several designs share, so that they cannot be told apart.',
  unexplained: 'Something in the cup differs from the empty cup and is no judged item.',
  audit: 'Judged green, and drawn by lot for a person to check (`audit.share`).',
  crop_too_small: 'The picture has too few pixels per millimetre for this design.',
  overlap: 'Items lie on each other.',
  blur: 'The picture is out of focus.',
  exposure: 'The picture is too dark or too bright.',
  motion: 'Something moved between two frames.',
  stale_frame: 'The camera gave only frames from before the trigger, or none that says when it was exposed.',
  no_frame: 'The camera gave no frame in time.',
  timeout: 'No verdict within the deadline.',
  retrigger: 'Another cup came before this one had its verdict or its light.',
  cup_removed: 'The cup was taken or moved before its light.',
  empty_cup: 'Nothing lies in the cup.',
  model_not_ready: 'The judging process is starting, or failed.',
  selftest_overdue: 'The self-test on the golden pictures failed, or is too old. The detail says which.',
  storage_fault: 'The disk did not take the cup’s row in time, or is full.',
  camera_fault: 'The camera is gone or does not answer.',
  thermal: 'The board is too hot. This version never gives it.',
  internal_error: 'Something in the station failed. The detail and the log say what.',
};

/** What each warning takes away from a result. */
export const warningMeanings: Readonly<Record<Warning, string>> = {
  uncalibrated: 'No calibration: sizes were not checked.',
  no_reference: 'No picture of the empty cup: what is no item was not looked for.',
  no_count: 'Nothing says how many items belong into the cup: they were not counted against it.',
  shared_side:
    'Items with a shared side were accepted (`judge.sharedSides: allow`); `count.undetectable` says how many.',
  not_covered_override: 'The design has no evidence of its own and was allowed by hand (`overrides.notCovered`).',
  family_bound: 'The threshold’s bound is that of the design’s family together, not of this design alone.',
  pooled_bound: 'The threshold rests on many designs together, not on this one alone.',
  unread_detail:
    'A sister of this design, of another year or mint mark, would have passed as well (`risk.unread: accept`).',
  unsigned_bundle: 'The bundle has no signature of a key that is trusted here (`bundle.allowUnsigned`).',
  provider_fallback: 'Another execution provider than the first of `providers.order` ran the networks.',
  single_frame: 'Motion was not measured between two frames.',
};

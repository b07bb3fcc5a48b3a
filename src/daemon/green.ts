import type { FreshStamp } from '../pipeline/frame.js';
import type { GreenJudgement } from '../pipeline/judgement.js';

declare const committed: unique symbol;

/** Proof that a cup's `judged` row is on disk. Only the journal makes one (`journal/receipt.ts`). */
export type JudgedReceipt = {
  readonly seq: number;
  readonly cup: string;
  readonly verdict: 'green' | 'amber';
} & { readonly [committed]: true };

declare const showable: unique symbol;

/** The right to show a green: a green judgement on a fresh frame, an unchanged cup, and its row on disk. */
export type ShowableGreen = {
  readonly cup: string;
  readonly seq: number;
  readonly frame: FreshStamp;
} & { readonly [showable]: true };

/**
 * @param stillThere the stamp of a later frame in which the cup was seen unchanged
 * @returns `null` where the receipt is of another verdict, or the later frame is not later
 */
export function showableGreen(
  judgement: GreenJudgement,
  receipt: JudgedReceipt,
  stillThere: FreshStamp,
): ShowableGreen | null {
  if (receipt.verdict !== 'green') return null;
  if (stillThere.exposedNs <= judgement.frame.exposedNs) return null;
  return { cup: receipt.cup, seq: receipt.seq, frame: judgement.frame } as ShowableGreen;
}

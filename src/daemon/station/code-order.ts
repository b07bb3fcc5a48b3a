import type { Judgement } from '../../pipeline/judgement.js';
import type { Clock, Journal } from '../ports.js';
import type { Cup } from './cup.js';
import { demote } from './verdict.js';

/**
 * Makes the order that a code on the cup said the cup's own. How much of it is used up is counted in the journal, as for
 * every order: the same code on more cups than it stands for greens none of them.
 * Errors: STORAGE_FAULT.
 */
export async function takeCodeOrder(
  cup: Cup,
  judgement: Judgement,
  journal: Pick<Journal, 'orderUse'>,
  clock: Pick<Clock, 'utc'>,
): Promise<Judgement> {
  const { codeOrder } = judgement;
  if (codeOrder === undefined) return judgement;
  const { id, design, count, cups, expires } = codeOrder;
  const used = await journal.orderUse(id);
  const expired = Date.parse(expires) <= clock.utc().getTime();
  cup.order = { id, design, count, cupNo: used + 1, expired };
  if (judgement.verdict !== 'green') return judgement;
  if (used >= cups) {
    const of = cups === 1 ? 'one cup, which is' : `${cups} cups, which are`;
    return demote(judgement, { reason: 'no_order', detail: `the code’s order ${id} stands for ${of} done` });
  }
  if (expired) return demote(judgement, { reason: 'order_expired', detail: `the code’s order ${id} has expired` });
  return judgement;
}

import type { JudgedReceipt } from '../green.js';

/** Made after the commit of the `judged` row, and nowhere else. */
export function receiptOf(seq: number, cup: string, verdict: 'green' | 'amber'): JudgedReceipt {
  return { seq, cup, verdict } as JudgedReceipt;
}

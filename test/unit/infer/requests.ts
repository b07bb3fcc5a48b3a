import { type FreshStamp, proveFresh } from '../../../src/pipeline/frame.js';
import type { GreenJudgement, JudgedItem } from '../../../src/pipeline/judgement.js';
import type { OrderForCup } from '../../../src/daemon/orders.js';
import type { JudgeRequest } from '../../../src/daemon/ports.js';

export function fresh(seq: number, exposedNs: bigint): FreshStamp {
  const stamp = proveFresh({ seq, exposedNs }, exposedNs - 1n);
  if (stamp === null) throw new Error('not fresh');
  return stamp;
}

const frame = (seq: number, exposedNs: bigint): JudgeRequest['first'] => ({
  slot: 0,
  generation: 2,
  bytes: 1000,
  encoding: 'jpeg',
  width: 0,
  height: 0,
  stride: 0,
  stamp: fresh(seq, exposedNs),
});

export const towerOrder: OrderForCup = { id: 'o1', design: 'tower', count: 1, cupNo: 1, expired: false };

/** A request for a cup of one tower; nanoseconds beyond 2^53, as on a board that ran for 104 days. */
export function requestFor(cup: string, order: OrderForCup | null = towerOrder): JudgeRequest {
  return { cup, first: frame(7, 9_007_199_254_740_993n), second: frame(8, 9_007_199_287_740_993n), order };
}

const item: JudgedItem = {
  box: [1, 2, 3, 4],
  ellipse: { cx: 1, cy: 2, major: 3, minor: 3, angleRad: 0 },
  diameterMm: 23.1,
  side: 'obverse',
  design: 'tower',
  score: 0.4,
  compatible: true,
  informative: true,
  quality: { rimSeen: 1, rimWidth: 0.2, luma: 120, clipped: 0 },
};

/** A green as the judging process sends it for `requestFor`: plain data, its proofs lost on the way. */
export const plainGreen: Omit<GreenJudgement, 'threshold' | 'frame'> & { threshold: object; frame: object } = {
  verdict: 'green',
  design: 'tower',
  score: 0.4,
  threshold: {
    score: 0.05,
    covered: true,
    evidence: {
      pool: 'rendered',
      distinctCoins: 90,
      distinctDesigns: 10,
      falseGreens: 0,
      bound: 0.03,
      confidence: 0.95,
    },
  },
  frame: { seq: 7, exposedNs: 9_007_199_254_740_993n, notBeforeNs: 1n },
  items: [item],
  count: { seen: 1, expected: 1, informative: 1, undetectable: 0 },
  warnings: ['uncalibrated'],
  ms: { decode: 1, quality: 1, detect: 1, crop: 1, infer: 1, judge: 1 },
};

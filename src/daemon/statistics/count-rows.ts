import type { Result } from '../result.js';
import { type Count, type CountName, stages } from './counts.js';
import { bucketOf } from './durations.js';

const one = (name: CountName, label = '', bucket = 0): Count => ({ name, label, bucket, value: 1, by: 'add' });

/** What a cup's `shown` row adds to the statistics. */
export function countsOfResult(result: Pick<Result, 'verdict' | 'shown' | 'reasons' | 'ms'>): readonly Count[] {
  const reasons = new Set(result.reasons.map(({ reason }) => reason));
  const counts: Count[] = [one('cups', result.verdict)];
  if (result.shown.light === 'not_shown') counts.push(one('not_shown'));
  for (const reason of reasons) counts.push(one('reason', reason));
  for (const stage of stages) {
    const ms = result.ms[stage];
    if (ms === null) continue;
    const us = Math.round(ms * 1000);
    counts.push(
      one('stage', stage, bucketOf(ms)),
      { name: 'stage_sum_us', label: stage, bucket: 0, value: us, by: 'add' },
      { name: 'stage_max_us', label: stage, bucket: 0, value: us, by: 'max' },
    );
  }
  return counts;
}

/** What a person's finding about a cup adds. A cup that was never shown counts as amber. */
export const countOfFinding = (verdict: 'green' | 'amber', outcome: 'ok' | 'wrong'): Count =>
  one('finding', `${verdict}_${outcome}`);

/** What the delivery of a row to the broker adds. */
export const countOfDelivery: Count = one('delivered');

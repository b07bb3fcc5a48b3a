import { describe, expect, it } from 'vitest';
import { CountTable } from '../../../src/daemon/statistics/counts.js';
import { countsOfResult } from '../../../src/daemon/statistics/count-rows.js';
import {
  bucketOf,
  coarseBoundsMs,
  countUpTo,
  percentileMs,
  relativeError,
  upperMs,
} from '../../../src/daemon/statistics/durations.js';
import { finishResult } from '../../../src/daemon/journal/finish-result.js';
import { summarize } from '../../../src/daemon/statistics/summary.js';
import { greenDraft, shownAs } from '../../fixtures/result-draft.js';

/** From 0.05 ms to 50 s, as often in each decade. */
const random = (count: number): number[] => Array.from({ length: count }, () => 0.05 * 10 ** (Math.random() * 6));

/** The times of cups as the journal counts them. */
function tableOf(timesMs: readonly number[]): CountTable {
  const table = new CountTable();
  for (const total of timesMs) {
    const result = finishResult(greenDraft(), { journalId: 'j', seq: 1 }, { ...shownAs('green'), totalMs: total }, 4);
    table.apply(countsOfResult(result));
  }
  return table;
}

describe('the buckets', () => {
  it('hold what is at most their bound and more than the one below', () => {
    for (const ms of random(10_000)) {
      const bucket = bucketOf(ms);
      expect(upperMs(bucket)).toBeGreaterThanOrEqual(ms);
      expect(upperMs(bucket - 1)).toBeLessThan(ms);
    }
    expect(relativeError).toBeCloseTo(0.0219, 4);
  });

  it('are few, whatever comes', () => {
    const all = [0, -1, Number.NaN, 1e-9, 1e12, Number.POSITIVE_INFINITY].map(bucketOf);
    expect(Math.max(...all) - Math.min(...all)).toBe(384);
  });

  it('have the bounds that Prometheus gets among theirs', () => {
    for (const bound of coarseBoundsMs) {
      expect(upperMs(bucketOf(bound))).toBe(bound);
      expect(countUpTo([[bucketOf(bound), 1]], bound)).toBe(1);
      expect(countUpTo([[bucketOf(bound * 1.0001), 1]], bound)).toBe(0);
    }
  });
});

describe('percentiles', () => {
  it('are within the stated error of the exact ones, and the longest is exact', () => {
    for (const count of [1, 2, 10, 999]) {
      const times = random(count);
      const sorted = times.toSorted((a, b) => a - b);
      const buckets = tableOf(times).buckets('stage', 'total');
      const maxMs = sorted.at(-1) ?? 0;
      for (const share of [0.5, 0.95, 0.99, 1]) {
        const exact = sorted[Math.max(1, Math.ceil(share * count)) - 1] ?? 0;
        const told = percentileMs(buckets, share, maxMs);
        expect(Math.abs(told / exact - 1), `${share} of ${count}`).toBeLessThanOrEqual(relativeError + 1e-9);
        expect(told).toBeLessThanOrEqual(maxMs);
      }
    }
  });

  it('of two lives together are those of one life', () => {
    const [first, second] = [random(300), random(500)];
    const once = tableOf([...first, ...second]);
    const restarted = new CountTable();
    restarted.reset(tableOf(first).all());
    for (const { name, label, bucket, value } of tableOf(second).all()) {
      restarted.apply([{ name, label, bucket, value, by: name === 'stage_max_us' ? 'max' : 'add' }]);
    }
    const read = (counts: CountTable): unknown => summarize({ since: '', counts, live: () => 0 });
    expect(read(restarted)).toEqual(read(once));
  });
});

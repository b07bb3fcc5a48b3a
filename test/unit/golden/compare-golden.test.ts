import { describe, expect, it } from 'vitest';
import {
  compareGolden,
  failuresOf,
  type GoldenVerdict,
  recordedVerdict,
} from '../../../src/daemon/golden/compare-golden.js';
import type { GoldenRecord, Recorded } from '../../../src/daemon/golden/golden-record.js';
import type { ReplayedCup } from '../../../src/daemon/ports.js';
import { goldenRecord } from '../../fixtures/golden-station.js';

const record = goldenRecord();
const { items, score } = record.recorded;
const green: ReplayedCup = { verdict: 'green', reasons: [], design: 'Morgan', score, items };
const amber: ReplayedCup = { ...green, verdict: 'amber', reasons: [{ reason: 'low_margin', detail: 'item 1' }] };
const same = { bundle: { name: 'first', version: '1', sha256: 'a'.repeat(64) }, gallerySha256: 'b'.repeat(64) };
const other = { ...same, bundle: { ...same.bundle, sha256: 'f'.repeat(64) } };
const recorded = (changes: Partial<Recorded>): Partial<GoldenRecord> => ({
  recorded: { ...record.recorded, ...changes },
});
const wasAmber = recorded({ verdict: 'amber', reasons: ['overlap', 'motion'] });

it.each<[string, Partial<GoldenRecord>, ReplayedCup, GoldenVerdict['outcome']]>([
  ['right, was green, is green', {}, green, 'right'],
  ['right, was green, is amber', {}, amber, 'lost'],
  ['right, was amber, is amber', wasAmber, amber, 'right'],
  ['right, was amber, is green', wasAmber, green, 'better'],
  [
    'right, would have been green but for an audit, is amber',
    recorded({ verdict: 'amber', reasons: ['audit'] }),
    amber,
    'lost',
  ],
  [
    'right, was amber for the moment alone, is amber',
    recorded({ verdict: 'amber', reasons: ['timeout'] }),
    amber,
    'right',
  ],
  [
    'right, was asked another question, is amber',
    { expected: { mode: 'confirm', design: 'Peace', count: 2 } },
    amber,
    'right',
  ],
  ['wrong, was amber, is amber', { truth: 'wrong', ...wasAmber }, amber, 'right'],
  ['wrong, was amber, is green', { truth: 'wrong', ...wasAmber }, green, 'false_green'],
  ['wrong, was green, is green as recorded', { truth: 'wrong' }, green, 'false_green'],
  ['wrong, was green, is amber', { truth: 'wrong' }, amber, 'right'],
  [
    'right, in the mode identify, is green as another design',
    { expected: { mode: 'identify', design: 'Morgan', count: null } },
    { ...green, design: 'Peace' },
    'false_green',
  ],
])('a cup that is %s: %s', (_, changes, now, outcome) => {
  for (const judge of [same, other])
    expect(compareGolden({ ...record, ...changes }, now, judge, 0.01)).toMatchObject({ outcome, verdict: now.verdict });
});

describe('scores', () => {
  const moved = (by: number): ReplayedCup => ({
    ...green,
    items: items.map((item, index) => (index === 1 ? { ...item, score: (item.score ?? 0) + by } : item)),
  });

  it('may differ as far as the limit, whatever the order of the items', () => {
    const now = { ...moved(0.009), items: moved(0.009).items.toReversed() };
    const found = compareGolden(record, now, same, 0.01);
    expect(found.outcome).toBe('right');
    expect(found.difference).toBeCloseTo(0.009);
    expect(compareGolden(record, moved(0.02), same, 0.01)).toMatchObject({
      outcome: 'scores',
      why: 'a score differs by 0.0200 from the recorded one, allowed is 0.01',
    });
    expect(compareGolden(record, { ...green, score: (score ?? 0) - 0.1 }, same, 0.01).outcome).toBe('scores');
  });

  it('of another number of items, or that are there or not, differ', () => {
    expect(compareGolden(record, { ...green, items: items.slice(1) }, same, 2)).toMatchObject({
      outcome: 'scores',
      why: '1 items are seen, 2 were',
    });
    const without = items.map((item) => ({ ...item, score: null }));
    expect(compareGolden(record, { ...green, items: without }, same, 2).outcome).toBe('scores');
  });

  it('of another bundle, gallery or question are not compared', () => {
    for (const judge of [other, { ...same, gallerySha256: 'f'.repeat(64) }])
      expect(compareGolden(record, moved(1), judge, 0.01)).toMatchObject({ outcome: 'right', difference: null });
    const asked = { mode: 'confirm', design: 'Peace', count: 2 } as const;
    expect(compareGolden({ ...record, ...recorded({ asked }) }, moved(1), same, 0.01).outcome).toBe('right');
  });
});

it('what was recorded is known where the picture gave it', () => {
  const of = (changes: Partial<Recorded>) => recordedVerdict({ ...record, ...recorded(changes) });
  expect(of({})).toBe('green');
  expect(of({ verdict: 'amber', reasons: ['selftest_overdue'] })).toBe('green');
  expect(of({ verdict: 'amber', reasons: ['retrigger', 'blur'] })).toBe('amber');
  expect(of({ verdict: 'amber', reasons: ['no_order'] })).toBeNull();
  expect(of({ asked: { mode: 'identify', design: null, count: 2 } })).toBeNull();
});

it('ambers of another model are borne up to the limit, and nothing else is', () => {
  const lost = compareGolden(record, amber, other, 0.01);
  const lostAgain = compareGolden(record, amber, same, 0.01);
  const falseGreen = compareGolden({ ...record, truth: 'wrong' }, green, other, 0.01);
  expect(failuresOf([lost], 0)).toEqual([lost]);
  expect(failuresOf([lost, lost], 2)).toEqual([]);
  expect(failuresOf([lost, lost, lost], 2)).toHaveLength(3);
  expect(failuresOf([lost, lostAgain, falseGreen], 2)).toEqual([lostAgain, falseGreen]);
});

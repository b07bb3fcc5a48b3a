import { expect, it } from 'vitest';
import { compareJudged } from '../../../src/daemon/engines/compare-judged.js';
import { doubtOfProof } from '../../../src/daemon/engines/choose-engine.js';
import type { EngineProof } from '../../../src/daemon/engines/engine-record.js';
import type { ReplayedCup } from '../../../src/daemon/ports.js';

const green: ReplayedCup = {
  verdict: 'green',
  reasons: [],
  design: 'oak',
  score: 0.8,
  items: [{ box: [0, 0, 10, 10], design: 'oak', score: 0.8 }],
};

it('two judgements of a picture are alike up to the limit, and the largest difference is told', () => {
  const near = { ...green, score: 0.79, items: [{ box: [1, 0, 10, 10] as const, design: 'oak', score: 0.805 }] };
  expect(compareJudged(green, near, 0.02)).toEqual({ why: null, difference: expect.closeTo(0.01) as number });
  expect(compareJudged(green, near, 0.005).why).toContain('that of the CPU, allowed is 0.005');
});

it.each<[string, Partial<ReplayedCup>]>([
  ['it is amber, on the CPU green', { verdict: 'amber', reasons: [{ reason: 'low_margin', detail: '' }] }],
  ['it is elm, on the CPU oak', { design: 'elm' }],
  ['0 items are seen, 1 were', { items: [] }],
])('differs: %s', (why, change) => {
  expect(compareJudged(green, { ...green, ...change }, 2)).toEqual({ why, difference: null });
});

it('an engine serves by a proof over pictures alone', () => {
  const proof = { outcome: 'same', differences: 0, pictures: 3 } as EngineProof;
  expect(doubtOfProof(proof)).toBeNull();
  expect(doubtOfProof(null)).toContain('not compared with this bundle');
  expect(doubtOfProof({ ...proof, outcome: 'no_pictures' })).toContain('no golden picture');
  expect(doubtOfProof({ ...proof, outcome: 'different', differences: 2 })).toContain('REFUSED: 2 of 3');
});

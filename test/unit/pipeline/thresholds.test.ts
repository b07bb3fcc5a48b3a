import { describe, expect, it } from 'vitest';
import type { BoundScope, DesignSpec, EvidenceSpec, Manifest } from '../../../src/pipeline/bundle/manifest.js';
import { coverageOf, type RiskPolicy } from '../../../src/pipeline/bundle/thresholds.js';
import { factsOf, judged, manifest as plain, policy, reasonsOf, ship } from '../../fixtures/cup-facts.js';

const evidence = (pool: string, bound: number, scope?: BoundScope): EvidenceSpec => ({
  pool,
  ...(scope === undefined ? {} : { scope }),
  distinctCoins: Math.round(3 / bound),
  distinctDesigns: 4,
  falseGreens: 0,
  bound,
  confidence: 0.95,
  delta: scope === undefined ? 'shared' : 'own',
  kinds: {},
});

/** The ship has a bound of its own, one of its family and the pool's; each has its own score, so that they can be told apart. */
const manifest: Manifest = {
  ...plain,
  designs: plain.designs.map((one) => (one.id === 'ship' ? { ...one, threshold: 'ship' } : one)),
  thresholds: {
    pool: { score: 0.1, evidence: evidence('pool', 0.01) },
    boats: { score: 0.11, evidence: evidence('boats', 0.03, 'family'), wider: 'pool' },
    ship: { score: 0.12, evidence: evidence('ship', 0.05, 'design'), wider: 'boats' },
  },
};
const designNamed = (id: string): DesignSpec => {
  const found = manifest.designs.find((one) => one.id === id);
  if (found === undefined) throw new Error(`the fixture has no design ${id}`);
  return found;
};
const coverage = (id: string, change: Partial<RiskPolicy> = {}) =>
  coverageOf(manifest, designNamed(id), { ...policy, ...change }, 'metric');
const of = (id: string, change: Partial<RiskPolicy> = {}) => {
  const found = coverage(id, change);
  return found.kind === 'covered' ? found.threshold.score : found.kind;
};

describe('a design whose year the bundle does not read', () => {
  const [unread, otherwise] = [
    { ...designNamed('ship'), unread: ['year'] },
    { ...designNamed('ship'), unread: [] },
  ];
  const ofDesign = (design: DesignSpec, change: Partial<RiskPolicy> = {}) =>
    coverageOf(manifest, design, { ...policy, ...change }, 'metric');

  it('is not covered, and that says why and what to do', () => {
    expect(ofDesign(unread)).toMatchObject({
      kind: 'not_covered',
      detail: expect.stringMatching(/the ship.*does not read its year.*risk\.unread/) as string,
    });
    expect(ofDesign(otherwise).kind).toBe('covered');
  });

  it('is covered as any other where the station says that years do not matter', () => {
    expect(ofDesign(unread, { acceptUnread: true })).toEqual(ofDesign(otherwise));
  });

  it('can be overridden, but is not covered', () => {
    expect(ofDesign(unread, { overrideNotCovered: true }).kind).toBe('overridden');
  });

  it('each of its greens warns', () => {
    const facts = factsOf([ship], { policy: { ...policy, acceptUnread: true } });
    const warned = (designs: Manifest['designs']) =>
      judged({ ...facts, manifest: { ...facts.manifest, designs } }).warnings.includes('unread_detail');
    expect(warned(facts.manifest.designs)).toBe(false);
    expect(warned(facts.manifest.designs.map((one) => ({ ...one, unread: ['year'] })))).toBe(true);
  });
});

describe('of several bounds', () => {
  it('the narrowest serves, with its own evidence', () => {
    expect(coverage('ship')).toMatchObject({ scope: 'design', threshold: { evidence: { pool: 'ship', bound: 0.05 } } });
  });

  it('a wider one serves where the narrower is above what the station allows', () => {
    expect(of('ship', { maxGreenIfBad: 0.04 })).toBe(0.11);
    expect(of('ship', { maxGreenIfBad: 0.02 })).toBe(0.1);
    expect(of('ship', { maxGreenIfBad: 0.001 })).toBe('not_covered');
  });

  it('a wider one than the station accepts never serves', () => {
    expect(of('ship', { acceptBound: 'design', maxGreenIfBad: 0.04 })).toBe('not_covered');
    expect(of('ship', { acceptBound: 'family', maxGreenIfBad: 0.04 })).toBe(0.11);
    expect(of('ship', { acceptBound: 'family', maxGreenIfBad: 0.02 })).toBe('not_covered');
  });

  it('a design that has only the pooled one is covered where that is accepted', () => {
    expect(of('tree')).toBe(0.1);
    expect(of('tree', { acceptBound: 'family' })).toBe('not_covered');
    const refused = coverage('tree', { acceptBound: 'design' });
    expect(refused).toMatchObject({ detail: expect.stringMatching(/the tree.*many designs.*risk\.accept/) as string });
  });

  it('a design without any is never covered', () => {
    expect(of('rare')).toBe('not_covered');
  });

  it('what is not accepted can be overridden, but is not covered', () => {
    expect(coverage('tree', { acceptBound: 'design', overrideNotCovered: true })).toMatchObject({
      kind: 'overridden',
      threshold: { covered: false, score: 0.1 },
    });
  });
});

describe('another judge than the bundle’s', () => {
  const others: Manifest = {
    ...manifest,
    judgeThresholds: { vote: { pool: { score: 0.3, evidence: evidence('vote pool', 0.02) } } },
  };
  const ofJudge = (judge: string, change: Partial<RiskPolicy> = {}) =>
    coverageOf(others, designNamed('ship'), { ...policy, ...change }, judge);

  it('has its own thresholds; where it lacks the narrow ones, the wide one serves as such', () => {
    expect(ofJudge('vote')).toMatchObject({ scope: 'pooled', threshold: { score: 0.3, evidence: { bound: 0.02 } } });
    expect(ofJudge('vote', { acceptBound: 'design' }).kind).toBe('not_covered');
  });

  it('is not covered where nothing was calibrated for it', () => {
    expect(ofJudge('set').kind).toBe('not_covered');
  });
});

describe('each green', () => {
  it.each([
    [{}, 'ship', 0.05, []],
    [{ maxGreenIfBad: 0.04 }, 'boats', 0.03, ['family_bound']],
    [{ maxGreenIfBad: 0.02 }, 'pool', 0.01, ['pooled_bound']],
  ])('under %j names the bound that it rests on and warns whose it is', (change, pool, bound, warnings) => {
    const judgement = judged(factsOf([ship, ship], { manifest, policy: { ...policy, ...change } }));
    expect(judgement.verdict).toBe('green');
    expect(judgement.threshold?.evidence).toEqual({
      pool,
      bound,
      distinctCoins: Math.round(3 / bound),
      distinctDesigns: 4,
      falseGreens: 0,
      confidence: 0.95,
    });
    expect(judgement.warnings).toEqual(warnings);
  });

  it('needs a bound that the station accepts', () => {
    const facts = factsOf([ship], { policy: { ...policy, acceptBound: 'design' } });
    expect(reasonsOf(judged(facts))).toEqual(['not_covered']);
  });
});

import { describe, expect, it } from 'vitest';
import { reasons } from '../../../src/pipeline/judgement.js';
import { weightiestFirst } from '../../../src/pipeline/reason-weight.js';
import {
  crownBack,
  crownFront,
  factsOf,
  judged,
  manifest,
  policy,
  reasonsOf,
  type Shown,
  ship,
  strange,
  tree,
} from '../../fixtures/cup-facts.js';

const crownOrder = (count: number) => ({ design: 'crown-1', count, expired: false });
const details = (judgement: ReturnType<typeof judged>) =>
  judgement.verdict === 'amber' ? judgement.reasons.map(({ detail }) => detail).join('\n') : '';

describe('a cup in order', () => {
  it('is green, with its design, its frame and the evidence of its threshold', () => {
    const judgement = judged(factsOf([ship, ship, ship]));
    expect(judgement).toMatchObject({
      verdict: 'green',
      design: 'ship',
      frame: { exposedNs: 2n, notBeforeNs: 1n },
      threshold: { score: 0.1, covered: true, evidence: { distinctCoins: 111, bound: 0.027, confidence: 0.95 } },
      count: { seen: 3, expected: 3, informative: 3, undetectable: 0 },
      warnings: ['pooled_bound'],
    });
    expect(judgement.score).toBeCloseTo(0.5);
  });

  it('warns of what was not checked', () => {
    const judgement = judged(
      factsOf([ship, ship], {
        pxPerMm: null,
        hasReference: false,
        bundleSigned: false,
        motion: null,
        order: { design: 'ship', count: null, expired: false },
      }),
    );
    expect(judgement.verdict).toBe('green');
    expect(judgement.warnings).toEqual([
      'uncalibrated',
      'no_reference',
      'no_count',
      'pooled_bound',
      'unsigned_bundle',
      'single_frame',
    ]);
  });

  it('in identify mode is green and names the design that all items agree on', () => {
    expect(
      judged(factsOf([tree, tree], { policy: { ...policy, mode: 'identify', count: 2 }, order: null })),
    ).toMatchObject({
      verdict: 'green',
      design: 'tree',
    });
  });
});

describe('the order', () => {
  it('is needed: a cup full of identical items is amber without one', () => {
    expect(reasonsOf(judged(factsOf([ship, ship], { order: null })))).toEqual(['no_order']);
  });

  it('counts no more once it has expired', () => {
    expect(reasonsOf(judged(factsOf([ship], { order: { design: 'ship', count: 1, expired: true } })))).toEqual([
      'order_expired',
    ]);
  });

  it('for a design that the bundle does not know is not covered', () => {
    const judgement = judged(factsOf([ship], { order: { design: 'moon', count: 1, expired: false } }));
    expect(reasonsOf(judgement)).toEqual(['wrong_design', 'not_covered']);
    expect(details(judgement)).toContain('moon');
  });

  it('says how many', () => {
    expect(reasonsOf(judged(factsOf([ship, ship], { order: { design: 'ship', count: 3, expired: false } })))).toEqual([
      'count_mismatch',
    ]);
  });
});

describe('impostors', () => {
  it('one among many makes the cup mixed, and is pointed at', () => {
    const judgement = judged(factsOf([ship, ship, tree, ship, ship, ship, ship]));
    expect(reasonsOf(judgement)).toEqual(['mixed_designs']);
    expect(judgement).toMatchObject({ reasons: [{ item: 2 }] });
    expect(details(judgement)).toContain('item 3 like the tree');
    expect(judgement.items.map(({ compatible }) => compatible)).toEqual([true, true, false, true, true, true, true]);
  });

  it('a whole cup of another design is a wrong design, and is named', () => {
    const judgement = judged(factsOf([tree, tree]));
    expect(reasonsOf(judgement)).toEqual(['wrong_design']);
    expect(details(judgement)).toContain('the tree');
  });

  it('a wrong cup says too what it holds that nobody knows', () => {
    const judgement = judged(factsOf([tree, strange, strange]));
    expect(reasonsOf(judgement)).toEqual(['wrong_design', 'unknown_design']);
    expect(details(judgement)).toContain('seen: item 1 like the tree, items 2 and 3 like nothing known\n');
  });

  it('several wrong designs are both wrong and mixed', () => {
    expect(reasonsOf(judged(factsOf([tree, crownBack])))).toEqual(['wrong_design', 'mixed_designs', 'wrong_size']);
  });

  it('a thing that resembles nothing known is unknown', () => {
    const judgement = judged(factsOf([ship, strange]));
    expect(reasonsOf(judgement)).toEqual(['unknown_design']);
    expect(judgement.items[1]).toMatchObject({ design: null, compatible: false });
  });

  it('a thing that resembles only a design of another size is no coin of that design', () => {
    const disc: Shown = { looks: { 'crown-1/reverse': 1 } };
    const judgement = judged(factsOf([ship, disc]));
    expect(reasonsOf(judgement)).toEqual(['unknown_design']);
    expect(details(judgement)).toContain(
      'item 2 (24.0 mm) like nothing known of this size; at another size: item 2 like',
    );
    expect(judgement.items[1]).toMatchObject({ design: null, compatible: false });
    expect(reasonsOf(judged(factsOf([disc, disc])))).toEqual(['unknown_design']);
    // Where no size is known, the look is all there is.
    expect(reasonsOf(judged(factsOf([ship, disc], { pxPerMm: null })))).toEqual(['mixed_designs']);
  });

  it('an unknown thing of another size is both', () => {
    expect(reasonsOf(judged(factsOf([ship, { ...strange, diameterMm: 31 }])))).toEqual([
      'unknown_design',
      'wrong_size',
    ]);
  });

  it('an item of the right look and the wrong size is no such item', () => {
    const judgement = judged(factsOf([ship, { ...ship, diameterMm: 25.2 }]));
    expect(reasonsOf(judgement)).toEqual(['wrong_size']);
    expect(details(judgement)).toContain('25.2 mm');
    expect(judgement.items[1]?.compatible).toBe(false);
  });

  it('an item of the right size that looks half like another is not certain enough', () => {
    const doubtful = { looks: { 'ship/obverse': 1, 'tree/obverse': 0.95 } };
    expect(reasonsOf(judged(factsOf([ship, doubtful])))).toEqual(['low_margin']);
  });

  it('a look-alike of another size is no rival', () => {
    // Half like the crown, which is 4 mm larger: its size rules it out.
    const half = { looks: { 'ship/obverse': 1, 'crown-1/reverse': 0.95 } };
    expect(judged(factsOf([ship, half])).verdict).toBe('green');
    expect(judged(factsOf([ship, half], { pxPerMm: null })).verdict).toBe('amber');
  });
});

describe('shared sides', () => {
  it('are amber where the station is strict, named item by item', () => {
    const judgement = judged(factsOf([crownBack, crownFront], { order: crownOrder(2) }));
    expect(reasonsOf(judgement)).toEqual(['uninformative']);
    expect(judgement).toMatchObject({ reasons: [{ item: 1 }], count: { informative: 1, undetectable: 0 } });
  });

  it('are accepted beside enough others where the station allows them, and the result says how many cannot be told apart', () => {
    const allow = { ...policy, sharedSides: 'allow' as const };
    const judgement = judged(factsOf([crownBack, crownFront, crownFront], { order: crownOrder(3), policy: allow }));
    expect(judgement.verdict).toBe('green');
    expect(judgement.count).toMatchObject({ informative: 1, undetectable: 2 });
    expect(judgement.warnings).toContain('shared_side');
    const strict = { ...allow, minInformative: 2 };
    expect(reasonsOf(judged(factsOf([crownBack, crownFront], { order: crownOrder(2), policy: strict })))).toEqual([
      'uninformative',
    ]);
  });

  it('alone tell nothing, whatever the order says', () => {
    const allow = { ...policy, sharedSides: 'allow' as const };
    expect(reasonsOf(judged(factsOf([crownFront, crownFront], { order: crownOrder(2), policy: allow })))).toEqual([
      'uninformative',
    ]);
  });
});

describe('evidence', () => {
  const rare = { looks: { 'rare/obverse': 1 }, diameterMm: 20 };
  const rareOrder = { design: 'rare', count: 1, expired: false };

  it('a design without a calibrated threshold is not covered', () => {
    expect(reasonsOf(judged(factsOf([rare], { order: rareOrder })))).toEqual(['not_covered']);
  });

  it('may be overridden, and the result warns', () => {
    const judgement = judged(factsOf([rare], { order: rareOrder, policy: { ...policy, overrideNotCovered: true } }));
    expect(judgement).toMatchObject({ verdict: 'green', threshold: { covered: false, score: 0 } });
    expect(judgement.warnings).toContain('not_covered_override');
    expect(judgement.warnings).not.toContain('pooled_bound');
  });

  it('with a bound above what the station allows is not enough', () => {
    expect(reasonsOf(judged(factsOf([ship], { policy: { ...policy, maxGreenIfBad: 0.01 } })))).toEqual(['not_covered']);
    expect(judged(factsOf([ship], { policy: { ...policy, maxGreenIfBad: 0.03 } })).verdict).toBe('green');
  });
});

describe('what was seen', () => {
  const strangeRegion = { box: [10, 20, 90, 80] as const, areaPx: 6000, seenBy: 'reference' as const };

  it('overlapping items are amber, by their numbers', () => {
    const judgement = judged(factsOf([ship, ship, ship], { overlaps: [[0, 2]] }));
    expect(reasonsOf(judgement)).toEqual(['overlap']);
    expect(details(judgement)).toContain('items 1 and 3');
  });

  it('an item whose rim is hidden is amber', () => {
    expect(reasonsOf(judged(factsOf([ship, { ...ship, diameterMm: null, rimSeen: 0.4 }])))).toEqual(['overlap']);
  });

  it('a region that no item explains is amber', () => {
    const judgement = judged(factsOf([ship], { unexplained: [strangeRegion] }));
    expect(reasonsOf(judgement)).toEqual(['unexplained']);
    expect(details(judgement)).toContain('10, 20, 90, 80');
  });

  it('nothing at all is an empty cup; something that is no item is not', () => {
    expect(reasonsOf(judged(factsOf([])))).toEqual(['empty_cup']);
    expect(reasonsOf(judged(factsOf([], { unexplained: [strangeRegion] })))).toEqual(['unexplained']);
  });

  it.each([
    ['exposure', { exposures: [{ luma: 20, highlight: 30, clipped: 0 }] }],
    [
      'exposure',
      {
        exposures: [
          { luma: 110, highlight: 200, clipped: 0 },
          { luma: 20, highlight: 30, clipped: 0 },
        ],
      },
    ],
    ['exposure', { exposures: [{ luma: 220, highlight: 255, clipped: 0.4 }] }],
    ['motion', { motion: 4.1 }],
    ['crop_too_small', { pxPerMm: 3.9 }],
  ])('%s: %j', (reason, change) => {
    expect(reasonsOf(judged(factsOf([ship, ship], change)))).toContain(reason);
  });

  it('soft rims are a blur', () => {
    const soft = { ...ship, rimWidthMm: 0.95 };
    expect(reasonsOf(judged(factsOf([soft, soft, ship])))).toEqual(['blur']);
    expect(judged(factsOf([soft, ship, ship])).verdict).toBe('green');
    expect(reasonsOf(judged(factsOf([{ ...ship, rimWidthMm: 1.5 }, ship, ship])))).toEqual(['blur']);
  });
});

describe('all reasons', () => {
  it('are given, the weightiest first', () => {
    const facts = factsOf([ship, tree, { ...strange, diameterMm: 31, rimSeen: 0.3 }], {
      motion: 9,
      order: { design: 'ship', count: 5, expired: true },
      unexplained: [{ box: [1, 2, 3, 4], areaPx: 6000, seenBy: 'mask' }],
    });
    expect(reasonsOf(judged(facts))).toEqual([
      'motion',
      'order_expired',
      'overlap',
      'mixed_designs',
      'unknown_design',
      'wrong_size',
      'unexplained',
      'count_mismatch',
    ]);
  });

  it('that a cup can give are known to the station', () => {
    for (const reason of weightiestFirst) expect(reasons).toContain(reason);
  });
});

it('no score at all, not a number or an infinity, is ever green', () => {
  for (const score of [Number.NaN, -Infinity]) {
    const facts = factsOf([ship, ship]);
    const spoilt = { ...facts.opinion, score: new Float32Array(manifest.designs.length).fill(score) };
    expect(judged({ ...facts, opinion: spoilt }).verdict).toBe('amber');
  }
});

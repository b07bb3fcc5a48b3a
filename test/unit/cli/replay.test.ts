import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { type AskedCup, ofJournal } from '../../../src/cli/replay/asked-cup.js';
import { differenceOf } from '../../../src/cli/replay/difference.js';
import type { AgainCup } from '../../../src/cli/replay/judge-again.js';
import { type JudgedCup, judgedNow, reasonsOfTheMoment } from '../../../src/cli/replay/judged-cup.js';
import { changeLines, changesHeading, cupLines, summaryLines } from '../../../src/cli/replay/replay-lines.js';
import { calibrationDoubt } from '../../../src/cli/replay/replay-judge.js';
import { isUnchanged, ReplayTally } from '../../../src/cli/replay/summary.js';
import type { Result } from '../../../src/daemon/result.js';
import type { LoadedCalibration } from '../../../src/pipeline/bundle/load-calibration.js';
import type { Judgement, Reason } from '../../../src/pipeline/judgement.js';

const plain = { out: () => {}, err: () => {}, colour: false };
const given = (...reasons: Reason[]) => reasons.map((reason) => ({ reason, detail: '' }));
const item = (x: number, design = 'oak', compatible = true) =>
  ({ box: [x, 0, 50, 50], design, side: 'obverse', score: 0.4, compatible }) as const;
const green: JudgedCup = {
  verdict: 'green',
  design: 'oak',
  score: 0.4,
  threshold: 0.25,
  reasons: [],
  items: [item(0), item(100)],
};
const amber: JudgedCup = { ...green, verdict: 'amber', score: 0.1, reasons: given('low_margin') };
const result = {
  seq: 41,
  id: 'a',
  verdict: 'green',
  order: { id: 'A', design: 'harbour-2021', count: 5, cup_no: 1 },
  time: { utc: '2026-11-28T19:00:00.000Z' },
  bundle: { name: 'first', version: '1.0.0', sha256: 'a' },
  calibration_sha256: null,
} as unknown as Result;
const again = (before: JudgedCup, now: JudgedCup): AgainCup => ({
  kind: 'judged',
  cup: ofJournal(result),
  before,
  now,
  difference: differenceOf(before, now),
});

describe('two judgements of a picture', () => {
  it('are the same where only scores moved', () => {
    const now = { ...green, score: 0.39, items: [item(2), item(101)] };
    expect(differenceOf(green, now)).toMatchObject({ changed: false, itemsChanged: [], reasonsCome: [] });
    expect(differenceOf(green, now).scoreChange).toBeCloseTo(-0.01);
  });

  it('are the same where the same reasons are given, however often', () => {
    const now = { ...amber, reasons: given('low_margin', 'low_margin') };
    expect(differenceOf(amber, now)).toMatchObject({ changed: false, reasonsGone: [], reasonsCome: [] });
  });

  it('differ in verdict, design and reasons, each by itself', () => {
    expect(differenceOf(green, amber)).toMatchObject({ verdict: true, design: false, reasonsCome: ['low_margin'] });
    expect(differenceOf(amber, green)).toMatchObject({ verdict: true, reasonsGone: ['low_margin'], changed: true });
    expect(differenceOf(green, { ...green, design: 'elm' })).toMatchObject({ verdict: false, design: true });
    const other = { ...amber, reasons: given('mixed_designs', 'mixed_designs') };
    expect(differenceOf(amber, other)).toMatchObject({
      verdict: false,
      reasonsGone: ['low_margin'],
      reasonsCome: ['mixed_designs'],
      changed: true,
    });
  });

  it('pair items by where they lie, whatever their order, and tell what only one has seen', () => {
    const now = { ...green, items: [item(100, 'elm'), item(1), item(300)] };
    const difference = differenceOf(green, now);
    expect(difference.items.map(({ before, now }) => [before?.box[0], now?.box[0]])).toEqual([
      [0, 1],
      [100, 100],
      [undefined, 300],
    ]);
    expect(difference.itemsChanged).toEqual([1, 2]);
    expect(differenceOf(green, { ...green, items: [item(0)] })).toMatchObject({ itemsChanged: [1], changed: true });
    expect(differenceOf(green, { ...green, items: [item(0, 'oak', false), item(100)] }).itemsChanged).toEqual([0]);
  });
});

describe('a cup that is judged again', () => {
  const judgement = { verdict: 'green', design: 'oak', score: 0.4, threshold: { score: 0.2 }, items: [] };

  it('keeps the reasons that its picture cannot give: what a time-out made amber is no gain of the bundle', () => {
    const then = reasonsOfTheMoment({ reasons: given('timeout', 'low_margin', 'motion') });
    expect(then.map(({ reason }) => reason)).toEqual(['timeout', 'motion']);
    const now = judgedNow(judgement as unknown as Judgement, then);
    expect(now).toMatchObject({ verdict: 'amber', reasons: then });
    expect(judgedNow(judgement as unknown as Judgement, []).verdict).toBe('green');
  });

  it('needs the calibration that it was judged by', () => {
    const calibration = { sha256: 'c'.repeat(64) } as LoadedCalibration;
    const by = (calibration_sha256: string | null, bundle = result.bundle) => ({
      ...result,
      calibration_sha256,
      bundle,
    });
    expect(calibrationDoubt(by('c'.repeat(64)), calibration)).toBeNull();
    expect(calibrationDoubt(by(null), calibration)).toBeNull();
    expect(calibrationDoubt(by('d'.repeat(64)), calibration)).toContain('dddddddddddd, the station has cccccccccccc');
    expect(calibrationDoubt(by('d'.repeat(64)), null)).toContain('the station has none');
    // No judge was ready: there is nothing to be faithful to.
    expect(calibrationDoubt(by(null, null), calibration)).toBeNull();
  });
});

describe('the summary', () => {
  it('counts changes, directions and what could not be judged', () => {
    const tally = new ReplayTally();
    const moved = { ...green, score: 0.1 };
    for (const cup of [again(green, amber), again(amber, green), again(green, moved)]) tally.add(cup);
    tally.add({ kind: 'gone', cup: ofJournal(result), why: '' });
    tally.add({ kind: 'altered', cup: ofJournal(result), why: '' });
    expect(tally.summary).toMatchObject({
      cups: 5,
      judged: 3,
      changed: 2,
      verdictsChanged: 2,
      greenToAmber: 1,
      amberToGreen: 1,
      notJudged: { gone: 1, altered: 1, not_kept: 0 },
    });
    expect(summaryLines(tally.summary).join(' ').replace(/ +/g, ' ')).toBe(
      '3 cups judged again, 2 not (1 picture gone, 1 picture altered). 2 changed, 2 in the verdict: 1 green → amber, 1 amber → green. Scores differ by at most 0.300.',
    );
  });

  it('is unchanged only where every cup was judged and kept its verdict', () => {
    const tally = new ReplayTally();
    tally.add(again(green, { ...green, score: 0.3 }));
    expect(isUnchanged(tally.summary)).toBe(true);
    tally.add({ kind: 'not_kept', cup: ofJournal(result), why: '' });
    expect(isUnchanged(tally.summary)).toBe(false);
  });
});

describe('a golden picture', () => {
  const golden = (truth: 'ok' | 'wrong', before: JudgedCup, now: JudgedCup): AgainCup => {
    const cup: AskedCup = { ...ofJournal(result), from: 'golden', order: { design: 'oak', count: 2 }, truth };
    return { kind: 'judged', cup, before, now, difference: differenceOf(before, now) };
  };

  it('that must never be green, and is, is named and counted', () => {
    const tally = new ReplayTally();
    const elm = { ...green, design: 'elm' };
    const wrong = golden('wrong', amber, green);
    for (const one of [wrong, golden('ok', elm, green), golden('ok', green, green)]) tally.add(one);
    expect(tally.summary.falseGreens).toEqual({ before: 1, now: 1 });
    expect(changeLines(wrong, plain)).toEqual(['    41  amber → green     0.100 → 0.400  FALSE GREEN, -low_margin']);
    const lines = summaryLines(tally.summary, 'golden picture').join(' ').replace(/ +/g, ' ');
    expect(lines).toMatch(/^3 golden pictures judged again\..* False greens: 1 → 1\.$/);
  });

  it('that is right and turns amber says so', () => {
    expect(changeLines(golden('ok', green, amber), plain)).toEqual([
      '    41  green → amber     0.400 → 0.100  is right, +low_margin',
    ]);
  });
});

describe('what is shown', () => {
  const long = 'a-design-with-a-name-that-is-as-long-as-it-may-be-2021';
  const now: JudgedCup = {
    ...amber,
    design: long,
    reasons: given('mixed_designs', 'unknown_design', 'count_mismatch', 'crop_too_small', 'low_margin'),
    items: [item(0, long, false), item(300)],
  };

  it('is a line a cup with its columns under the heading', () => {
    expect(changesHeading()).toBe('   cup  verdict                   score  changes');
    expect(changeLines(again(green, amber), plain)).toEqual(['    41  green → amber     0.400 → 0.100  +low_margin']);
    expect(changeLines(again(amber, { ...green, design: 'elm', items: [item(0)] }), plain)).toEqual([
      '    41  amber → green     0.100 → 0.400  -low_margin, design, item 2',
    ]);
  });

  it('is the whole cup with both judgements beside each other and a star where they differ', () => {
    expect(cupLines(again(green, amber), ['then', 'now, first 1.0.0'])).toEqual([
      'cup 41, 2026-11-28T19:00:00Z, 5 × harbour-2021 ordered',
      '           then                               now, first 1.0.0',
      '* verdict  green                              amber',
      '* reasons  -                                  low_margin',
      '  design   oak                                oak',
      '  score    0.400 of 0.250                     0.100 of 0.250',
      '  item 1   oak 0.400                          oak 0.400',
      '  item 2   oak 0.400                          oak 0.400',
      '',
    ]);
  });

  it('fits 80 columns, also with long names and many reasons', () => {
    const lines = [
      ...changeLines(again(green, now), plain),
      ...cupLines(again(green, now), ['then', `now, ${long} 1.0.0`]),
      ...changeLines(
        { kind: 'gone', cup: ofJournal(result), why: 'the picture of cup 41 is gone: it was removed to stay within x' },
        plain,
      ),
    ];
    for (const line of lines) expect(stringWidth(line), line).toBeLessThanOrEqual(80);
    expect(lines.some((line) => line.includes('…'))).toBe(true);
  });
});

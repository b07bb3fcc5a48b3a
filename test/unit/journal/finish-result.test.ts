import { describe, expect, it } from 'vitest';
import { finishResult } from '../../../src/daemon/journal/finish-result.js';
import type { Shown } from '../../../src/daemon/result.js';
import { amberDraft, greenDraft, shownAs } from '../../fixtures/result-draft.js';

const finish = (draft: ReturnType<typeof greenDraft>, shown: Shown) =>
  finishResult(draft, { journalId: 'j', seq: 7 }, shown, 3);
const given = (draft: ReturnType<typeof greenDraft>, shown: Shown): readonly string[] =>
  finish(draft, shown).reasons.map((reason) => reason.reason);

describe('the verdict is what was shown', () => {
  it('green only where judgement and light were green', () => {
    expect(finish(greenDraft(), shownAs('green')).verdict).toBe('green');
    for (const light of ['amber', 'fault', 'not_shown'] as const) {
      expect(finish(greenDraft(), shownAs(light)).verdict, light).toBe('amber');
      expect(finish(amberDraft(), shownAs(light)).verdict, light).toBe('amber');
    }
  });

  it('gives the reason that it was told, and one of its own where it was told none', () => {
    expect(given(greenDraft(), shownAs('green'))).toEqual([]);
    const removed = { reason: 'cup_removed', detail: 'gone' } as const;
    expect(given(greenDraft(), shownAs('amber', removed))).toEqual(['cup_removed']);
    expect(given(greenDraft(), shownAs('not_shown'))).toEqual(['internal_error']);
    expect(given(amberDraft(), shownAs('amber'))).toEqual(['overlap']);
    expect(given(amberDraft(), shownAs('amber', removed))).toEqual(['overlap', 'cup_removed']);
  });

  it('never calls a cup green that was judged amber, and says what the light claims', () => {
    const result = finish(amberDraft(), shownAs('green'));
    expect(result).toMatchObject({ verdict: 'amber', shown: { light: 'green' } });
    expect(given(amberDraft(), shownAs('green'))).toEqual(['overlap', 'internal_error']);
  });
});

it('keeps nanoseconds exact and the light’s moment null where there was none', () => {
  expect(finish(greenDraft(), shownAs('green')).shown.at_ns).toBe('9007199554740993');
  expect(finish(greenDraft(), shownAs('not_shown')).shown.at_ns).toBeNull();
});

import { describe, expect, it } from 'vitest';
import { finishResult } from '../../../src/daemon/journal/finish-result.js';
import type { Result } from '../../../src/daemon/result.js';
import { reasons, warnings } from '../../../src/pipeline/judgement.js';
import { amberDraft, greenDraft, shownAs } from '../../fixtures/result-draft.js';
import { schemaNames, schemaProblems, schemaText } from '../../fixtures/schemas.js';

const place = { journalId: 'j-1', seq: 1 };
const green = (): Result => finishResult(greenDraft(), place, shownAs('green'), 4);
const amber = (): Result => finishResult(amberDraft(), place, shownAs('amber'), 4);
const enumAt = (schema: unknown, ...path: readonly string[]): unknown =>
  path.reduce((at, name) => (at as Record<string, unknown>)[name], schema);

it('every schema is a valid draft 2020-12 schema', () => {
  expect(schemaNames).toHaveLength(11);
  for (const name of schemaNames) expect(() => schemaProblems(name, {}), name).not.toThrow();
});

it('the closed lists are those of the code', () => {
  const schema: unknown = JSON.parse(schemaText('result'));
  expect(enumAt(schema, 'properties', 'reasons', 'items', 'properties', 'reason', 'enum')).toEqual([...reasons]);
  expect(enumAt(schema, 'properties', 'warnings', 'items', 'enum')).toEqual([...warnings]);
});

describe('result', () => {
  it('takes what the journal writes', () => {
    expect(schemaProblems('result', green())).toEqual([]);
    expect(schemaProblems('result', amber())).toEqual([]);
    const unseen = finishResult(
      greenDraft({ items: [], order: null, bundle: null, image: null }),
      place,
      shownAs('not_shown'),
      4,
    );
    expect(schemaProblems('result', unseen)).toEqual([]);
    const image = { sha256: 'd'.repeat(64), path: '2026-11-24/x.jpg' };
    expect(schemaProblems('result', { ...amber(), image, tag: 'a' })).toEqual([]);
  });

  it.each<[string, object]>([
    ['a green that was not shown green', { shown: { light: 'amber', at_ns: '1' } }],
    ['a green without evidence', { evidence: null }],
    ['a green without a threshold', { threshold: null }],
    ['a green without a frame', { time: { ...green().time, frame_ns: null } }],
    ['a green with a reason', { reasons: amber().reasons }],
    ['an unknown field', { extra: 1 }],
    ['a number for nanoseconds', { shown: { light: 'green', at_ns: 12 } }],
    ['a seq of 0', { seq: 0 }],
  ])('refuses %s', (_what, change) => {
    expect(schemaProblems('result', { ...green(), ...change })).not.toEqual([]);
  });

  it('refuses an amber without a reason, an unknown reason, and a missing field', () => {
    expect(schemaProblems('result', { ...amber(), reasons: [] })).not.toEqual([]);
    expect(schemaProblems('result', { ...amber(), reasons: [{ reason: 'mood', detail: '' }] })).not.toEqual([]);
    const { ms: _ms, ...incomplete } = amber();
    expect(schemaProblems('result', incomplete)).not.toEqual([]);
  });
});

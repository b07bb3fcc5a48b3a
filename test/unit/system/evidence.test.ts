import { describe, expect, it } from 'vitest';
import type { Result } from '../../../src/daemon/result.js';
import type { LampEdge } from '../../system/bench.js';
import { contradictions, gaps } from '../../system/evidence.js';

const ms = 1_000_000n;
const settleMs = 150;

const row = (seq: number, light: Result['shown']['light'], changes: { readonly frameMs?: bigint } = {}): Result => {
  const triggerNs = BigInt(seq) * 10_000n * ms;
  const frameNs = triggerNs + (changes.frameMs ?? 200n) * ms;
  const time = { trigger_ns: String(triggerNs), frame_ns: String(frameNs) };
  const shown = { light, at_ns: String(triggerNs + 1000n * ms) };
  return { seq, shown, time } as unknown as Result;
};
const lit = (seq: number, lamp: LampEdge['lamp'] = 'green'): LampEdge[] => {
  const atNs = BigInt(seq) * 10_000n * ms + 1005n * ms;
  return [
    { atNs, lamp, on: true },
    { atNs: atNs + 2000n * ms, lamp, on: false },
  ];
};
const found = (rows: readonly Result[], edges: readonly LampEdge[], powerCut = false) =>
  contradictions({ rows, edges, settleMs, powerCut });

describe('lamps and journal', () => {
  it('agree where each green has its row and a fresh frame', () => {
    expect(found([row(1, 'green'), row(2, 'amber')], [...lit(1), ...lit(2, 'amber')])).toEqual([]);
  });

  it('disagree where green came on and no row says so', () => {
    expect(found([row(1, 'amber')], lit(1))).toEqual([expect.stringContaining('no row says so')]);
  });

  it('disagree where green came on twice for one row', () => {
    expect(found([row(1, 'green')], [...lit(1), ...lit(1)])).toEqual([expect.stringContaining('no row says so')]);
  });

  it('disagree where a row says green and the lamp stayed dark', () => {
    expect(found([row(1, 'green')], [])).toEqual([expect.stringContaining('not seen to come on')]);
  });

  it('disagree where a green’s frame is not later than its trigger and the settling', () => {
    expect(found([row(1, 'green', { frameMs: 150n })], lit(1))).toEqual([
      expect.stringContaining('its trigger came at'),
    ]);
    expect(found([row(1, 'green', { frameMs: 151n })], lit(1))).toEqual([]);
  });

  it('disagree where both lamps are on at once', () => {
    const edges = [...lit(1), ...lit(1, 'amber')].toSorted((a, b) => Number(a.atNs - b.atNs));
    expect(found([row(1, 'green')], edges)).toEqual([expect.stringContaining('on together')]);
  });

  it('after a power cut, agree where the last green has a row that cannot know whether it was shown', () => {
    expect(found([row(1, 'not_shown')], lit(1), true)).toEqual([]);
    expect(found([row(1, 'not_shown')], lit(1))).toEqual([expect.stringContaining('no row says so')]);
    expect(found([], lit(1), true)).toEqual([expect.stringContaining('no row says so')]);
  });
});

it('tells which rows are missing', () => {
  expect(gaps([row(1, 'green'), row(4, 'amber')])).toEqual([2, 3]);
  expect(gaps([])).toEqual([]);
});

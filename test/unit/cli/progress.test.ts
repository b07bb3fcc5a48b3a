import { expect, it, vi } from 'vitest';
import { ByteProgress } from '../../../src/cli/progress/byte-progress.js';
import { CountProgress } from '../../../src/cli/progress/count-progress.js';
import { barText, ProgressLine } from '../../../src/cli/progress/progress-line.js';
import { StepProgress } from '../../../src/cli/progress/step-progress.js';

let nowMs = 0;
const clockMs = () => nowMs;

function streams(columns: number | null) {
  nowMs = 0;
  const shown: string[] = [];
  const write = (text: string) => void shown.push(text);
  const terminal = { out: () => undefined, err: write, colour: false };
  return { shown, terminal: columns === null ? terminal : { ...terminal, errScreen: { write, columns, rows: 24 } } };
}

it('shows nothing of what is done within a second', () => {
  for (const columns of [80, null]) {
    const { shown, terminal } = streams(columns);
    const line = new ProgressLine(terminal, clockMs);
    nowMs = 999;
    line.show(0.5, () => 'half');
    line.end();
    expect(shown).toEqual([]);
  }
});

it('in a terminal is one bar that is drawn over itself, five times a second, and taken away', () => {
  const { shown, terminal } = streams(80);
  const line = new ProgressLine(terminal, clockMs);
  for (nowMs = 1000; nowMs < 1400; nowMs += 50) line.show(0.5, () => 'half');
  line.end();
  const bar = '\r\u001b[K[############............] half';
  expect(shown).toEqual([bar, bar, '\r\u001b[K']);
});

it('elsewhere is a line after a second and every 10 s, without a code', () => {
  const { shown, terminal } = streams(null);
  const line = new ProgressLine(terminal, clockMs);
  for (nowMs = 0; nowMs <= 21_000; nowMs += 500) line.show(0.5, () => `at ${nowMs}`);
  line.end();
  expect(shown).toEqual(['at 1000', 'at 11000', 'at 21000']);
});

it('never breaks a line, however narrow the terminal is', () => {
  expect(barText(0.25, 'a quarter', 80)).toBe('[######..................] a quarter');
  expect(barText(0.25, 'a quarter', 36)).toBe('a quarter');
  expect(barText(1, 'x'.repeat(200), 80)).toHaveLength(79);
});

it('counts things, bytes and steps', () => {
  const counted = streams(null);
  const count = new CountProgress(counted.terminal, clockMs);
  count.update(0, 100);
  nowMs = 2000;
  count.update(20, 100);
  expect(counted.shown).toEqual(['20 of 100, 10.0 a second, 8 s left']);
  // It was asked to tell of the first only when that was done: how fast is not known then.
  const late = streams(null);
  const first = new CountProgress(late.terminal, clockMs);
  nowMs = 8000;
  first.update(1, 3);
  nowMs = 12_000;
  first.update(2, 3);
  nowMs = 18_000;
  first.update(3, 3);
  expect(late.shown).toEqual(['1 of 3', '3 of 3, 0.2 a second, 0 s left']);
  const carried = streams(null);
  const bytes = new ByteProgress(carried.terminal, 20e6, clockMs);
  nowMs = 1000;
  bytes.add(5e6);
  expect(carried.shown).toEqual(['5.0 MB of 20.0 MB']);
});

it('goes on telling of a step that takes long', () => {
  vi.useFakeTimers();
  try {
    const { shown, terminal } = streams(null);
    const steps = new StepProgress(terminal, 3, clockMs);
    steps.begin('loading');
    for (let second = 1; second <= 12; second++) {
      nowMs = second * 1000;
      vi.advanceTimersByTime(1000);
    }
    steps.end();
    nowMs = 60_000;
    vi.advanceTimersByTime(48_000);
    expect(shown).toEqual(['loading, 1 s', 'loading, 11 s']);
  } finally {
    vi.useRealTimers();
  }
});

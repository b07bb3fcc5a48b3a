import { describe, expect, it } from 'vitest';
import { trialsOf } from '../../../src/cli/evaluate/trials.js';

const cup = (...impostors: string[]) => ({ impostors, green: false });

describe('independent pieces of evidence', () => {
  it('are the distinct coins where each cup holds one that does not belong', () => {
    expect(trialsOf([cup('a'), cup('a'), cup('b')])).toEqual({ trials: 2, failed: 0 });
  });

  it('count a cup full of wrong coins once', () => {
    expect(trialsOf([cup('a', 'b', 'c', 'd', 'e')])).toEqual({ trials: 1, failed: 0 });
    expect(trialsOf([cup('a', 'b'), cup('b', 'c'), cup('c', 'd')]).trials).toBe(2);
  });

  it('count sharp cups before those with many wrong coins', () => {
    expect(trialsOf([cup('a', 'b', 'c'), cup('a'), cup('b')]).trials).toBe(2);
  });

  it('fail where a cup turned green that shares a coin with them, though it does not count itself', () => {
    expect(trialsOf([cup('a'), cup('c'), { impostors: ['a', 'b'], green: true }])).toEqual({ trials: 2, failed: 1 });
  });
});

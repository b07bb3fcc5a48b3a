import { describe, expect, it } from 'vitest';
import { RestartPolicy } from '../../../src/daemon/infer/restart-policy.js';

const limits = { stableMs: 10_000, firstDelayMs: 100, stormLimit: 5, slowDelayMs: 30_000 };

describe('the restart of the judging process', () => {
  it('is immediate once, then slower and slower, then failed and slow, for ever', () => {
    const policy = new RestartPolicy(limits);
    const tries = Array.from({ length: 7 }, () => policy.ended(0, false));
    expect(tries.map(({ delayMs }) => delayMs)).toEqual([0, 100, 200, 400, 30_000, 30_000, 30_000]);
    expect(tries.map(({ failed }) => failed)).toEqual([false, false, false, false, true, true, true]);
  });

  it('is immediate again after a life that lasted', () => {
    const policy = new RestartPolicy(limits);
    for (let n = 0; n < 6; n++) policy.ended(0, false);
    expect(policy.ended(10_000, false)).toEqual({ delayMs: 0, failed: false });
    expect(policy.ended(9_999, false)).toEqual({ delayMs: 100, failed: false });
  });

  it('is slow at once where trying again cannot help', () => {
    expect(new RestartPolicy(limits).ended(0, true)).toEqual({ delayMs: 30_000, failed: true });
  });
});

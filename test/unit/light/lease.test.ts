import { describe, expect, it } from 'vitest';
import { type Hold, Lease } from '../../../src/daemon/light/lease.js';
import type { LightState } from '../../../src/daemon/ports.js';

const ms = (n: number): bigint => BigInt(n) * 1_000_000n;
const hold = (seq: number, state: LightState, untilMs: number): Hold => ({
  seq,
  state,
  cup: 'c',
  untilNs: ms(untilMs),
});

describe('lease', () => {
  it('shows its state until the very moment at which it ends', () => {
    const lease = new Lease(600);
    lease.grant(hold(1, 'green', 600), ms(0));
    expect(lease.stateAt(ms(600) - 1n)).toBe('green');
    expect(lease.stateAt(ms(600))).toBe('dark');
  });

  it('shows dark where nothing was ever held, and after drop', () => {
    const lease = new Lease(600);
    expect(lease.stateAt(0n)).toBe('dark');
    lease.grant(hold(1, 'green', 600), ms(0));
    lease.drop();
    expect(lease.stateAt(ms(1))).toBe('dark');
    expect(lease.untilNs).toBeNull();
  });

  it('is prolonged by a renewal of its own hold', () => {
    const lease = new Lease(600);
    lease.grant(hold(1, 'green', 600), ms(0));
    expect(lease.renew(1, ms(1100), ms(500))).toMatchObject({ hold: { state: 'green' } });
    expect(lease.stateAt(ms(1099))).toBe('green');
  });

  it.each([
    ['past', hold(2, 'green', 100), 100],
    ['too_long', hold(2, 'green', 701), 100],
    ['stale', hold(1, 'amber', 600), 100],
  ])('refuses a hold that is %s, and is dark after', (refused, next, nowMs) => {
    const lease = new Lease(600);
    lease.grant(hold(1, 'green', 600), ms(0));
    expect(lease.grant(next, ms(nowMs))).toEqual({ refused });
    expect(lease.stateAt(ms(nowMs))).toBe('dark');
  });

  it('refuses to renew what has run out, at once and later', () => {
    const lease = new Lease(600);
    lease.grant(hold(1, 'green', 600), ms(0));
    expect(lease.renew(1, ms(1200), ms(600))).toEqual({ refused: 'expired' });
    expect(lease.renew(1, ms(1200), ms(601))).toEqual({ refused: 'expired' });
    expect(lease.stateAt(ms(602))).toBe('dark');
  });

  it('refuses the renewal of a green after a later state was asked for', () => {
    const lease = new Lease(600);
    lease.grant(hold(1, 'green', 600), ms(0));
    lease.grant(hold(2, 'dark', 700), ms(100));
    expect(lease.renew(1, ms(800), ms(200))).toEqual({ refused: 'stale' });
    expect(lease.stateAt(ms(200))).toBe('dark');
  });

  it('refuses a renewal that is past or too long, and is dark after', () => {
    for (const [untilMs, refused] of [
      [300, 'past'],
      [901, 'too_long'],
    ] as const) {
      const lease = new Lease(600);
      lease.grant(hold(1, 'green', 600), ms(0));
      expect(lease.renew(1, ms(untilMs), ms(300))).toEqual({ refused });
      expect(lease.stateAt(ms(300))).toBe('dark');
    }
  });
});

import { describe, expect, it } from 'vitest';
import { chatterMs, Debounce, type DebounceOptions, type Settled } from '../../../src/hw/trigger/debounce.js';

const at = (ms: number): bigint => BigInt(ms) * 1_000_000n;

/** Plays raw changes `[ms, level]` and settles at each moment that the debounce asks for. */
function play(
  kind: 'level' | 'edge_only',
  changes: readonly (readonly [number, boolean])[],
  { untilMs = 10_000, ...options }: Partial<DebounceOptions> & { untilMs?: number } = {},
) {
  const debounce = new Debounce({ kind, debounceMs: 20, dwellMs: 0, minGapMs: 100, stuckMs: 0, ...options });
  const told: { event: Settled; ms: number }[] = [];
  const settleUntil = (ns: bigint): void => {
    for (let due = debounce.dueNs; due !== null && due <= ns; due = debounce.dueNs) {
      const event = debounce.settle(due);
      if (event === null) throw new Error('due, but nothing to tell');
      told.push({ event, ms: Number(due / 1_000_000n) });
    }
  };
  for (const [ms, present] of changes) {
    settleUntil(at(ms) - 1n);
    debounce.change(present, at(ms));
    settleUntil(at(ms));
  }
  settleUntil(at(untilMs));
  return told.map(({ event, ms }) => [event.type, 'atNs' in event ? Number(event.atNs / 1_000_000n) : ms, ms]);
}

/** The line flutters every millisecond and rests at `present`. */
const flutter = (fromMs: number, forMs: number, present: boolean): (readonly [number, boolean])[] =>
  Array.from({ length: forMs }, (_, i) => [fromMs + i, (forMs - i) % 2 === 1 ? present : !present] as const);

describe('debounce of a level', () => {
  it('counts a level that has rested, with the moment at which its rest began', () => {
    expect(play('level', [[5, true]])).toEqual([['placed', 5, 25]]);
  });

  it('tells a bouncing contact once, from its last change on', () => {
    expect(play('level', flutter(10, 7, true))).toEqual([['placed', 16, 36]]);
    expect(play('level', [[0, true], ...flutter(500, 8, false)])).toEqual([
      ['placed', 0, 20],
      ['removed', 507, 527],
    ]);
  });

  it('does not see what is shorter than the debounce', () => {
    expect(
      play('level', [
        [0, true],
        [19, false],
      ]),
    ).toEqual([]);
    expect(
      play('level', [
        [0, true],
        [300, false],
        [310, true],
      ]),
    ).toEqual([['placed', 0, 20]]);
  });

  it('holds a placed back until the gap is over, never a removed', () => {
    const changes = [
      [0, true],
      [30, false],
      [60, true],
    ] as const;
    expect(play('level', changes)).toEqual([
      ['placed', 0, 20],
      ['removed', 30, 50],
      ['placed', 60, 100],
    ]);
  });

  it('forgets a placed that was held back when the cup is gone by then', () => {
    const changes = [
      [0, true],
      [30, false],
      [60, true],
      [85, false],
    ] as const;
    expect(play('level', changes)).toEqual([
      ['placed', 0, 20],
      ['removed', 30, 50],
    ]);
  });

  it('tells of a line that does not rest, and tells its level anew when it does', () => {
    const told = play('level', flutter(0, chatterMs + 500, false));
    expect(told).toEqual([
      ['chatter', chatterMs, chatterMs],
      ['removed', chatterMs + 499, chatterMs + 519],
    ]);
  });
});

describe('debounce of edges', () => {
  it('counts the first edge at once and takes its bouncing for the same', () => {
    expect(play('edge_only', flutter(10, 7, true))).toEqual([['placed', 10, 10]]);
  });

  it('does not take the bouncing of a release for another cup', () => {
    expect(play('edge_only', [[0, true], ...flutter(400, 8, false)])).toEqual([['placed', 0, 0]]);
  });

  it('counts a later edge only after the gap', () => {
    const pulse = (ms: number) =>
      [
        [ms, true],
        [ms + 1, false],
      ] as const;
    expect(play('edge_only', [...pulse(0), ...pulse(60), ...pulse(200)])).toEqual([
      ['placed', 0, 0],
      ['placed', 200, 200],
    ]);
  });

  it('tells of a line that does not rest', () => {
    const told = play('edge_only', flutter(0, chatterMs + 500, false));
    expect(told.map(([type]) => type)).toEqual(['placed', 'chatter', 'found']);
    expect(told.at(-1)).toEqual(['found', chatterMs + 499, chatterMs + 519]);
  });
});

describe('dwelling', () => {
  it('counts a cup that has stayed, from the end of the dwelling on', () => {
    expect(play('level', [[5, true]], { dwellMs: 300 })).toEqual([['placed', 305, 305]]);
  });

  it('does not count a cup that passes, and tells of a removal at once', () => {
    const changes = [
      [0, true],
      [250, false],
      [400, true],
      [800, false],
    ] as const;
    expect(play('level', changes, { dwellMs: 300 })).toEqual([
      ['placed', 700, 700],
      ['removed', 800, 820],
    ]);
  });
});

describe('a stuck sensor', () => {
  it('is one that reports a cup for too long, told once', () => {
    expect(play('level', [[0, true]], { stuckMs: 3000 })).toEqual([
      ['placed', 0, 20],
      ['stuck', 3000, 3000],
    ]);
  });

  it('works again when the cup is taken, and counts the time anew', () => {
    const changes = [
      [0, true],
      [4000, false],
      [5000, true],
    ] as const;
    expect(play('level', changes, { stuckMs: 3000 }).map(([type, , ms]) => [type, ms])).toEqual([
      ['placed', 20],
      ['stuck', 3000],
      ['removed', 4020],
      ['placed', 5020],
      ['stuck', 8000],
    ]);
  });

  it('that tells arrivals alone is found when its pulse ends', () => {
    const changes = [
      [0, true],
      [4000, false],
    ] as const;
    expect(play('edge_only', changes, { stuckMs: 3000 })).toEqual([
      ['placed', 0, 0],
      ['stuck', 3000, 3000],
      ['found', 4000, 4020],
    ]);
  });

  it('is none where no cup is there, nor where nobody wants to know', () => {
    expect(play('level', [[0, false]], { stuckMs: 3000 })).toEqual([]);
    expect(play('level', [[0, true]])).toEqual([['placed', 0, 20]]);
  });
});

describe('rises that are not taken for a cup', () => {
  const refused = (kind: 'level' | 'edge_only', changes: readonly (readonly [number, boolean])[]): number => {
    const debounce = new Debounce({ kind, debounceMs: 20, dwellMs: 0, minGapMs: 100, stuckMs: 0 });
    for (const [ms, present] of changes) {
      debounce.settle(at(ms));
      debounce.change(present, at(ms));
    }
    return debounce.refused;
  };

  it('of a level are bounces, and cups that stood there too shortly', () => {
    expect(
      refused('level', [
        [0, true],
        [500, false],
        [800, true],
      ]),
    ).toBe(0);
    expect(
      refused('level', [
        [0, true],
        [2, false],
        [4, true],
        [500, false],
      ]),
    ).toBe(1);
    expect(
      refused('level', [
        [0, true],
        [10, false],
      ]),
    ).toBe(1);
  });

  it('of an edge are bounces, and arrivals within the gap', () => {
    expect(
      refused('edge_only', [
        [0, true],
        [30, false],
        [200, true],
      ]),
    ).toBe(0);
    expect(
      refused('edge_only', [
        [0, true],
        [5, false],
        [10, true],
        [60, false],
        [90, true],
      ]),
    ).toBe(2);
  });
});

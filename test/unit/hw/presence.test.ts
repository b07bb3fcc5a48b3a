import { describe, expect, it } from 'vitest';
import { Presence } from '../../../src/hw/trigger/presence.js';

/** Pictures as numbers: 0 is the empty place. @returns what was told, each with the number of its frame */
function see(...pictures: number[]): string[] {
  const presence = new Presence({ enter: 12, leave: 6, still: 4 }, 0, (a, b) => Math.abs(a - b));
  return pictures.flatMap((picture, index) => {
    const change = presence.look(picture, BigInt(index));
    return change === null ? [] : [`${change.active ? 'placed' : 'removed'} ${change.atNs}`];
  });
}

describe('presence by pictures', () => {
  it('is a cup that differs from the empty place and rests', () => {
    expect(see(0, 0, 40, 70, 100, 102, 101)).toEqual(['placed 5']);
  });

  it('is none while something moves, nor where the first picture is the only one', () => {
    expect(see(100)).toEqual([]);
    expect(see(0, 50, 90, 30, 0, 0)).toEqual([]);
  });

  it('does not flicker between its two levels', () => {
    expect(see(0, 11, 11, 13, 13, 11, 8, 7, 9, 13, 13)).toEqual(['placed 3']);
    expect(see(13, 13, 7, 5, 11, 11)).toEqual(['placed 1', 'removed 3']);
  });

  it('ends when the place is empty', () => {
    expect(see(0, 100, 100, 60, 0, 0)).toEqual(['placed 2', 'removed 3']);
  });

  it('of a cup that was moved, or of another one, ends, and begins anew when it rests', () => {
    expect(see(100, 100, 140, 180, 180)).toEqual(['placed 1', 'removed 2', 'placed 4']);
    // Where a hand fills the picture between two cups, no picture shows an empty place.
    expect(see(50, 50, 200, 230, 70, 70)).toEqual(['placed 1', 'removed 2', 'placed 5']);
  });

  it('stays with a cup in slowly changing light as long as it is the same picture, and no longer', () => {
    expect(see(100, 100, 103, 106, 109, 112)).toEqual(['placed 1']);
    expect(see(100, 100, 104, 108, 112, 116)).toEqual(['placed 1', 'removed 5']);
  });
});

import pino from 'pino';
import { expect, it } from 'vitest';
import type { StationState } from '../../../src/daemon/station/states.js';
import { type Count, CountTable, liveCounters } from '../../../src/daemon/statistics/counts.js';
import { LiveCounts, type SessionCounts } from '../../../src/daemon/statistics/live-counts.js';

/** A station, a journal and counters in the test's hand; nothing is kept by time. */
function rig(kept: readonly Count[] = []) {
  const counts = new CountTable();
  counts.reset(kept);
  const listeners = new Set<(state: StationState) => void>();
  const writes: (readonly Count[])[] = [];
  const session = { refused: 0, failing: false };
  const station = {
    current: { name: 'ready' } as StationState,
    onState: (listener: (state: StationState) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const zero = Object.fromEntries(liveCounters.map((name) => [name, () => 0])) as unknown as SessionCounts;
  const open = (): LiveCounts => {
    const live = new LiveCounts({
      station,
      journal: {
        counts,
        keepCounts: (given) => {
          if (session.failing) return Promise.reject(new Error('the disk refuses'));
          writes.push(given);
          counts.apply(given);
          return Promise.resolve();
        },
      },
      session: { ...zero, chatter_refused: () => session.refused },
      log: pino({ level: 'silent' }),
      everyMs: 1e6,
    });
    live.start();
    return live;
  };
  const become = (state: StationState): void => {
    station.current = state;
    for (const listener of listeners) listener(state);
  };
  return { open, become, session, writes, station, counts };
}

it('goes on from what an earlier life kept, also where the answer to a write was lost', async () => {
  const { open, session, counts } = rig();
  const first = open();
  session.refused = 5;
  await first.stop();
  await first.stop();
  session.refused = 2;
  const second = open();
  expect(second.value('chatter_refused')).toBe(7);
  expect(second.value('starts')).toBe(2);
  await second.stop();
  expect(counts.value('chatter_refused')).toBe(7);
});

it('is never written while a cup has no verdict or is shown', async () => {
  const { open, become, writes, station } = rig();
  station.current = { name: 'judging', cup: 'a' };
  const live = open();
  become({ name: 'showing', cup: 'a', lit: 'green', gone: false });
  expect(writes).toHaveLength(0);
  become({ name: 'ready' });
  expect(writes).toHaveLength(1);
  become({ name: 'triggered', cup: 'b' });
  become({ name: 'ready' });
  expect(writes).toHaveLength(1);
  await live.stop();
});

it('what the disk refused is tried again', async () => {
  const { open, become, session, writes } = rig();
  session.failing = true;
  const live = open();
  await new Promise((resolve) => setImmediate(resolve));
  session.failing = false;
  become({ name: 'ready' });
  expect(writes).toHaveLength(1);
  await live.stop();
});

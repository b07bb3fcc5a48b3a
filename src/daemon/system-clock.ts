import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './ports.js';

const nsPerMs = 1_000_000n;

/** The kernel's clocks. */
export const systemClock: Clock = {
  nowNs: () => process.hrtime.bigint(),
  utc: () => new Date(),
  async until(ns, signal) {
    // Timers have whole milliseconds and may fire a little early: go on until the moment is really there.
    for (;;) {
      signal.throwIfAborted();
      const leftNs = ns - process.hrtime.bigint();
      if (leftNs <= 0n) return;
      const leftMs = Number((leftNs + nsPerMs - 1n) / nsPerMs);
      await sleep(leftMs, undefined, { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw error;
      });
    }
  },
};

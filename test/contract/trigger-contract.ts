import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Trigger, TriggerEvent } from '../../src/daemon/ports.js';

/** A trigger on a bench. `place` and `remove` do what a packer does; the clock goes on by `wait`. */
export interface TriggerRig {
  readonly trigger: Trigger;
  nowNs(): bigint;
  /** How much later than it is a moment may be told; 0 where the kernel stamps it. */
  readonly stampLateMs: number;
  /** Whether a cup that came before `start` is there to be sensed: a level on a line is, a key pressed is not. */
  readonly sensesThePast: boolean;
  place(): void;
  remove(): void;
  /** Lets the trigger settle: longer than its debounce and its gap. */
  wait(): Promise<void>;
  /** The sensor fails; `null` where the rig cannot do that. */
  readonly lose: (() => void) | null;
  close(): Promise<void>;
}

/** What every driver of `Trigger` promises. @param skipped why this driver cannot be tried on this machine */
export function triggerContract(name: string, make: () => Promise<TriggerRig>, skipped: string | null = null): void {
  describe.skipIf(skipped !== null)(skipped === null ? `trigger: ${name}` : `trigger: ${name} (${skipped})`, () => {
    let rig: TriggerRig;
    let events: TriggerEvent[];

    beforeEach(async () => {
      rig = await make();
      events = [];
    });
    afterEach(async () => {
      await rig.trigger.stop();
      await rig.close();
    });
    const start = (): Promise<void> => rig.trigger.start((event) => events.push(event));
    const types = (): string[] => events.map((event) => event.type);

    it('tells of a cup once, with the moment at which it came', async () => {
      await start();
      const beforeNs = rig.nowNs();
      rig.place();
      const afterNs = rig.nowNs();
      await rig.wait();
      expect(types()).toEqual(['placed']);
      const [event] = events;
      if (event?.type !== 'placed') throw new Error('no placed');
      expect(event.atNs).toBeGreaterThanOrEqual(beforeNs);
      expect(event.atNs).toBeLessThanOrEqual(afterNs + BigInt(rig.stampLateMs) * 1_000_000n);
    });

    it('tells of each cup, and of its removal where it knows presence', async () => {
      await start();
      for (let cup = 0; cup < 3; cup++) {
        rig.place();
        await rig.wait();
        rig.remove();
        await rig.wait();
      }
      const each = rig.trigger.kind === 'level' ? ['placed', 'removed'] : ['placed'];
      expect(types()).toEqual([...each, ...each, ...each]);
      const times = events.map((event) => (event.type === 'lost' ? 0n : event.atNs));
      expect(times).toEqual(times.toSorted((a, b) => Number(a - b)));
    });

    it('tells of a cup that stood there at the start, where it can be sensed', async () => {
      rig.place();
      await rig.wait();
      await start();
      await rig.wait();
      expect(types()).toEqual(rig.sensesThePast ? ['placed'] : []);
    });

    it('is silent once stopped, starts again, and stopping twice is harmless', async () => {
      await start();
      await rig.trigger.stop();
      await rig.trigger.stop();
      rig.place();
      await rig.wait();
      rig.remove();
      await rig.wait();
      expect(types()).toEqual([]);
      await start();
      rig.place();
      await rig.wait();
      expect(types()).toEqual(['placed']);
    });

    it('says that it is lost, once', async (context) => {
      if (rig.lose === null) {
        context.skip('this sensor cannot be broken by a test');
        return;
      }
      await start();
      rig.lose();
      await rig.wait();
      rig.lose();
      await rig.wait();
      expect(types()).toEqual(['lost']);
      expect(events[0]).toMatchObject({ error: { code: 'TRIGGER_LOST' } });
    });
  });
}

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TriggerEvent } from '../../../src/daemon/ports.js';
import { gpioTrigger } from '../../../src/hw/trigger/gpio-trigger.js';
import { type LineTrigger, lookEveryMs } from '../../../src/hw/trigger/line-trigger.js';
import { FakeGpio } from '../../fixtures/fake-gpio.js';
import { ManualClock } from '../../fixtures/fake-station.js';

const sensor = 7;
const ms = (count: number): bigint => BigInt(count) * 1_000_000n;

describe('gpio trigger', () => {
  let clock: ManualClock;
  let gpio: FakeGpio;
  let trigger: LineTrigger;
  let events: TriggerEvent[];
  const types = (): string[] => events.map(({ type }) => type);

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    clock = new ManualClock();
    gpio = new FakeGpio(() => clock.nowNs());
    events = [];
    trigger = made('level');
  });
  const made = (kind: 'level' | 'edge_only'): LineTrigger =>
    gpioTrigger({
      clock,
      gpio,
      kind,
      chip: 'soc',
      line: String(sensor),
      bias: 'pull_up',
      activeLow: false,
      debounceUs: 1500,
      debounceMs: 20,
      dwellMs: 0,
      minGapMs: 100,
      stuckMs: 60_000,
    });
  afterEach(async () => {
    await trigger.stop();
    vi.useRealTimers();
  });
  const start = (): Promise<void> => trigger.start((event) => events.push(event));
  /** The next regular look at the line. */
  const look = async (): Promise<void> => {
    vi.advanceTimersByTime(lookEveryMs);
    await clock.advance(0);
  };

  it('asks for the line as the config says', async () => {
    await start();
    expect(gpio.asked).toMatchObject([{ bias: 'pull_up', activeLow: false, debounceUs: 1500 }]);
  });

  it('takes the kernel’s stamp for the moment, and judges late edges by their own times', async () => {
    await start();
    await clock.advance(5000);
    const startNs = clock.nowNs() - ms(3000);
    const edge = (atMs: number, active: boolean, seq: number) => ({ atNs: startNs + ms(atMs), active, seq });
    // This process stood still for 3 s: a bounce, a cup of one second, and one that is still there.
    gpio.edges(sensor, [
      edge(0, true, 1),
      edge(2, false, 2),
      edge(500, true, 3),
      edge(1500, false, 4),
      edge(2500, true, 5),
    ]);
    await clock.advance(100);
    expect(events).toEqual([
      { type: 'placed', atNs: startNs + ms(500) },
      { type: 'removed', atNs: startNs + ms(1500) },
      { type: 'placed', atNs: startNs + ms(2500) },
    ]);
    expect(trigger.refused).toBe(1);
  });

  it('sees a pulse that was over before the kernel read its level', async () => {
    trigger = made('edge_only');
    await start();
    await clock.advance(1000);
    const atNs = clock.nowNs() - ms(1);
    gpio.edges(sensor, [
      { atNs, active: false, seq: 1 },
      { atNs: atNs + 20_000n, active: false, seq: 2 },
    ]);
    await clock.advance(100);
    expect(events).toEqual([{ type: 'placed', atNs }]);
  });

  it('counts the edges that the kernel had no room for', async () => {
    await start();
    gpio.pull(sensor, true);
    await clock.advance(100);
    gpio.pull(sensor, false, 6);
    await clock.advance(100);
    expect(trigger.missed).toBe(6);
    expect(types()).toEqual(['placed', 'removed']);
  });

  it('notices a change that no edge told of', async () => {
    await start();
    gpio.slip(sensor, true);
    await look();
    await clock.advance(100);
    expect(types()).toEqual(['placed']);
    expect(trigger.missed).toBe(1);
  });

  it('refuses a stamp from the future: it would prove old frames fresh', async () => {
    await start();
    gpio.edges(sensor, [{ atNs: clock.nowNs() + 1n, active: true, seq: 1 }]);
    await clock.advance(100);
    expect(types()).toEqual(['lost']);
    expect(events[0]).toMatchObject({
      error: { code: 'TRIGGER_LOST', message: expect.stringContaining('1 ns') as string },
    });
  });

  it.each([true, false])(
    'tells of a lost line once, finds it again, and tells of the cup there (told by the kernel: %s)',
    async (told) => {
      await start();
      gpio.unplug(told);
      await look();
      await look();
      expect(types()).toEqual(['lost']);
      gpio.slip(sensor, true);
      gpio.replug();
      await look();
      await clock.advance(100);
      expect(types()).toEqual(['lost', 'found', 'placed']);
    },
  );

  it('starts without its line, and finds it later', async () => {
    gpio.unplug();
    await start();
    expect(types()).toEqual(['lost']);
    gpio.replug();
    await look();
    expect(types()).toEqual(['lost', 'found']);
    gpio.pull(sensor, true);
    await clock.advance(100);
    expect(types()).toEqual(['lost', 'found', 'placed']);
  });

  it('takes a cup that is there for too long for a stuck sensor', async () => {
    await start();
    gpio.pull(sensor, true);
    await clock.advance(61_000);
    expect(types()).toEqual(['placed', 'lost']);
    expect(events[1]).toMatchObject({ error: { code: 'TRIGGER_STUCK' } });
    gpio.pull(sensor, false);
    await clock.advance(100);
    expect(types()).toEqual(['placed', 'lost', 'removed']);
  });
});

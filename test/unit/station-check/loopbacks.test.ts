import { beforeEach, describe, expect, it } from 'vitest';
import type { LightState, TriggerEvent } from '../../../src/daemon/ports.js';
import { darkFrameCheck } from '../../../src/daemon/station-check/dark-frame.js';
import { lightLoopbackCheck } from '../../../src/daemon/station-check/light-loopback.js';
import type { LoopbackWiring } from '../../../src/daemon/station-check/loopback-lines.js';
import type { PartCheck } from '../../../src/daemon/station-check/part-finding.js';
import { triggerLoopbackCheck } from '../../../src/daemon/station-check/trigger-loopback.js';
import { TriggerTap } from '../../../src/daemon/station-check/trigger-tap.js';
import { gpioTrigger } from '../../../src/hw/trigger/gpio-trigger.js';
import { FakeGpio } from '../../fixtures/fake-gpio.js';
import { FakeLight, ManualClock } from '../../fixtures/fake-station.js';

const never = new AbortController().signal;
const wiring: LoopbackWiring = {
  chip: 'fake',
  amber: null,
  green: null,
  trigger: null,
  illumination: null,
  activeLow: false,
  settleMs: 50,
};
const [amberOut, greenOut, amberIn, greenIn, driver, sensor, lamp] = [1, 2, 3, 4, 5, 6, 7];

let clock: ManualClock;
let gpio: FakeGpio;
beforeEach(() => {
  clock = new ManualClock();
  gpio = new FakeGpio(() => clock.nowNs());
});

/** Lets the check do all that it waits for. */
const ended = async (check: PartCheck) => {
  const found = check(never);
  await clock.advance(10_000);
  return (await found)[0];
};

describe('the lamps’ loop-back', () => {
  /** A light whose outputs are lines, and wired to the inputs as the test says. */
  class LineLight extends FakeLight {
    override show(state: LightState): Promise<{ atNs: bigint }> {
      for (const [line, lit] of [
        [amberOut, state === 'amber'],
        [greenOut, state === 'green'],
      ] as const) {
        const wired = gpio.wires.get(line);
        if (wired !== undefined) gpio.pull(wired, lit);
      }
      return super.show(state);
    }
  }
  const both: LoopbackWiring = { ...wiring, amber: String(amberIn), green: String(greenIn) };
  let light: LineLight;
  let free = true;
  const check = (wired = both) => lightLoopbackCheck({ gpio, wiring: wired, clock, light, isFree: () => free });
  beforeEach(() => {
    light = new LineLight(clock);
    gpio.wires.set(amberOut, amberIn).set(greenOut, greenIn);
    free = true;
  });

  it('is not wired unless the config says so, and then says it', async () => {
    expect(await ended(check(wiring))).toMatchObject({
      state: 'absent',
      detail: expect.stringMatching(/^not wired: /),
    });
    expect(light.shown).toEqual([]);
  });

  it('reads amber on and dark, never lights green, and leaves the lamps dark', async () => {
    expect(await ended(check())).toMatchObject({
      state: 'ok',
      detail: 'amber and green as shown, amber and dark; green is not lit without a cup',
    });
    expect(light.shown).toEqual(['amber', 'dark', 'dark']);
    expect(await ended(check({ ...both, green: null }))).toMatchObject({
      detail: expect.stringContaining('green is not wired'),
    });
  });

  it('fails a lamp that stays dark, and one that stays on', async () => {
    gpio.wires.delete(amberOut);
    expect(await ended(check())).toMatchObject({
      state: 'failed',
      detail: 'shown amber, the line of amber reads off',
    });
    gpio.wires.delete(greenOut);
    gpio.high.set(greenIn, true);
    expect(await ended(check())).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('shown dark, the line of green reads on') as string,
    });
  });

  it('leaves the light to a cup that comes meanwhile', async () => {
    const found = check()(never);
    await clock.advance(20);
    free = false;
    await clock.advance(1000);
    expect(await found).toMatchObject([{ state: 'not_looked' }]);
    expect(light.shown).toEqual(['amber']);
  });

  it('fails where its line cannot be had', async () => {
    gpio.unplug(false);
    expect(await ended(check())).toMatchObject({ state: 'failed', detail: 'the fake chip was removed' });
  });
});

describe.each(['level', 'edge_only'] as const)('the trigger’s loop-back, %s', (kind) => {
  const wired: LoopbackWiring = { ...wiring, trigger: String(driver) };
  let told: TriggerEvent[];
  let tap: TriggerTap;
  const check = (of = wired) => triggerLoopbackCheck({ gpio, wiring: of, clock, tap, kind, holdMs: 20 });
  beforeEach(async () => {
    told = [];
    tap = new TriggerTap((event) => told.push(event));
    gpio.wires.set(driver, sensor);
    const trigger = gpioTrigger({
      clock,
      kind,
      debounceMs: 20,
      dwellMs: 0,
      minGapMs: 0,
      stuckMs: 0,
      chip: 'fake',
      line: String(sensor),
      bias: 'as_is',
      activeLow: false,
      debounceUs: 0,
      gpio,
    });
    await trigger.start(tap.take);
    return () => trigger.stop();
  });

  it('is not wired unless the config says so, and then says it', async () => {
    expect(await ended(check(wiring))).toMatchObject({
      state: 'absent',
      detail: expect.stringMatching(/^not wired: /),
    });
  });

  it('sees its cup of air, of which the station hears nothing, and real cups afterwards', async () => {
    expect(await ended(check())).toMatchObject({
      state: 'ok',
      detail: expect.stringContaining('a cup was told after'),
    });
    expect(told).toEqual([]);
    expect(gpio.high.get(driver)).toBe(false);
    gpio.pull(sensor, true);
    await clock.advance(100);
    expect(told.map(({ type }) => type)).toEqual(['placed']);
  });

  it('fails a sensor that hears nothing', async () => {
    gpio.wires.clear();
    expect(await ended(check())).toMatchObject({
      state: 'failed',
      detail: expect.stringMatching(/^no cup was told within \d+ ms$/),
    });
  });

  it('tells the station of a lost sensor at once', async () => {
    const found = check()(never);
    gpio.unplug();
    await clock.advance(10_000);
    expect(told.map(({ type }) => type)).toContain('lost');
    expect(await found).toMatchObject([{ state: 'failed' }]);
  });

  it.runIf(kind === 'level')('tells the station of a real cup that came meanwhile, as of now', async () => {
    const found = check()(never);
    await clock.advance(5);
    // The cup holds the line, whatever the loop-back does.
    gpio.wires.clear();
    await clock.advance(10_000);
    expect(await found).toMatchObject([{ state: 'not_looked' }]);
    expect(told.map(({ type }) => type)).toEqual(['placed']);
  });
});

describe('the dark frame', () => {
  const wired: LoopbackWiring = { ...wiring, illumination: String(lamp) };
  /** Luma with and without the station's own light. */
  const check = (lit: number, dark: number, of = wired) =>
    darkFrameCheck({
      gpio,
      wiring: of,
      clock,
      glance: () =>
        Promise.resolve({ exposure: { luma: gpio.high.get(lamp) === true ? dark : lit, highlight: 0, clipped: 0 } }),
    });

  it('is not wired unless the config says so, and then says it', async () => {
    expect(await ended(check(120, 4, wiring))).toMatchObject({
      state: 'absent',
      detail: expect.stringMatching(/^not wired: no line of the station switches its illumination/),
    });
  });

  it('is dark without the station’s light, which comes back', async () => {
    expect(await ended(check(120, 4))).toMatchObject({ state: 'ok', detail: expect.stringContaining('mean 4 of 255') });
    expect(gpio.high.get(lamp)).toBe(false);
  });

  it('tells of light from elsewhere, and fails where most of it is', async () => {
    expect(await ended(check(120, 60))).toMatchObject({ state: 'warn', detail: expect.stringMatching(/^22 % /) });
    expect(await ended(check(120, 118))).toMatchObject({ state: 'failed', detail: expect.stringMatching(/^96 % /) });
  });
});

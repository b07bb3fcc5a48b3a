import { setTimeout as sleep } from 'node:timers/promises';
import type { Trigger } from '../../src/daemon/ports.js';
import { systemClock } from '../../src/daemon/system-clock.js';
import { gpioTrigger } from '../../src/hw/trigger/gpio-trigger.js';
import { ScriptedTrigger } from '../../src/hw/trigger/scripted-trigger.js';
import { FakeGpio } from '../fixtures/fake-gpio.js';
import { GpioSim, simChip, simLines, simSkipped } from '../fixtures/gpio-sim.js';
import { ManualClock } from '../fixtures/fake-station.js';
import { type TriggerRig, triggerContract } from './trigger-contract.js';

const scripted = async (kind: Trigger['kind']): Promise<TriggerRig> => {
  const clock = new ManualClock();
  const trigger = new ScriptedTrigger({ kind, clock, debounceMs: 20, dwellMs: 0, minGapMs: 100, stuckMs: 0 });
  return {
    trigger,
    nowNs: () => clock.nowNs(),
    sensesThePast: kind === 'level',
    place: () => trigger.place(),
    remove: () => trigger.remove(),
    wait: () => clock.advance(150),
    lose: () => trigger.lose(),
    close: () => Promise.resolve(),
  };
};

triggerContract('scripted, level', () => scripted('level'));
triggerContract('scripted, edge_only', () => scripted('edge_only'));

const timing = { debounceMs: 20, dwellMs: 0, minGapMs: 100, stuckMs: 0 };
const line = { chip: simChip, line: String(simLines.sensor), bias: 'as_is', debounceUs: 0 } as const;

const inMemory = async (kind: Trigger['kind'], activeLow: boolean): Promise<TriggerRig> => {
  const clock = new ManualClock();
  const gpio = new FakeGpio(() => clock.nowNs());
  gpio.slip(simLines.sensor, activeLow);
  return {
    trigger: gpioTrigger({ ...timing, ...line, kind, clock, activeLow, gpio }),
    nowNs: () => clock.nowNs(),
    sensesThePast: kind === 'level',
    place: () => gpio.pull(simLines.sensor, !activeLow),
    remove: () => gpio.pull(simLines.sensor, activeLow),
    wait: () => clock.advance(150),
    lose: () => gpio.unplug(),
    close: () => Promise.resolve(),
  };
};

const ofTheKernel = async (kind: Trigger['kind'], activeLow: boolean): Promise<TriggerRig> => {
  const sim = new GpioSim();
  sim.pull(simLines.sensor, activeLow);
  return {
    trigger: gpioTrigger({ ...timing, ...line, kind, clock: systemClock, activeLow }),
    nowNs: () => systemClock.nowNs(),
    sensesThePast: kind === 'level',
    place: () => sim.pull(simLines.sensor, !activeLow),
    remove: () => sim.pull(simLines.sensor, activeLow),
    wait: () => sleep(300),
    // The chip would have to be removed, and every other test with it.
    lose: null,
    close: () => Promise.resolve(),
  };
};

for (const kind of ['level', 'edge_only'] as const) {
  triggerContract(`gpiochip, a chip in memory, ${kind}`, () => inMemory(kind, false));
  triggerContract(`gpiochip, a chip in memory, ${kind}, low is active`, () => inMemory(kind, true));
  triggerContract(`gpiochip, the kernel’s, ${kind}`, () => ofTheKernel(kind, false), simSkipped);
  triggerContract(`gpiochip, the kernel’s, ${kind}, low is active`, () => ofTheKernel(kind, true), simSkipped);
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Trigger } from '../../src/daemon/ports.js';
import { systemClock } from '../../src/daemon/system-clock.js';
import { CameraTrigger } from '../../src/hw/trigger/camera-trigger.js';
import { gpioTrigger } from '../../src/hw/trigger/gpio-trigger.js';
import { ScriptedTrigger } from '../../src/hw/trigger/scripted-trigger.js';
import { sysfsTrigger } from '../../src/hw/trigger/sysfs-trigger.js';
import { FakeGpio } from '../fixtures/fake-gpio.js';
import { FakeSysfs } from '../fixtures/fake-sysfs.js';
import { GpioSim, simChip, simLines, simSkipped, sysfsNumber, sysfsSkipped } from '../fixtures/gpio-sim.js';
import { FakeCamera, ManualClock } from '../fixtures/fake-station.js';
import { type TriggerRig, triggerContract } from './trigger-contract.js';

const scripted = async (kind: Trigger['kind']): Promise<TriggerRig> => {
  const clock = new ManualClock();
  const trigger = new ScriptedTrigger({ kind, clock, debounceMs: 20, dwellMs: 0, minGapMs: 100, stuckMs: 0 });
  return {
    trigger,
    nowNs: () => clock.nowNs(),
    stampLateMs: 0,
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
    stampLateMs: 0,
    sensesThePast: kind === 'level',
    place: () => gpio.pull(simLines.sensor, !activeLow),
    remove: () => gpio.pull(simLines.sensor, activeLow),
    wait: () => clock.advance(150),
    lose: () => gpio.unplug(),
    close: () => Promise.resolve(),
  };
};

const sysfsInMemory = async (kind: Trigger['kind'], activeLow: boolean): Promise<TriggerRig> => {
  const clock = new ManualClock();
  const sysfs = new FakeSysfs();
  sysfs.pull(simLines.sensor, activeLow);
  return {
    trigger: sysfsTrigger({ ...timing, kind, clock, line: simLines.sensor, activeLow, open: sysfs.open }),
    nowNs: () => clock.nowNs(),
    stampLateMs: 0,
    sensesThePast: kind === 'level',
    place: () => sysfs.pull(simLines.sensor, !activeLow),
    remove: () => sysfs.pull(simLines.sensor, activeLow),
    wait: () => clock.advance(150),
    // Lost lines of sysfs are noticed by the next look: a test of the trigger's own.
    lose: null,
    close: () => Promise.resolve(),
  };
};

const ofTheKernel = async (
  kind: Trigger['kind'],
  activeLow: boolean,
  driver: 'gpiochip' | 'sysfs',
): Promise<TriggerRig> => {
  const sim = new GpioSim();
  sim.pull(simLines.sensor, activeLow);
  const options = { ...timing, kind, clock: systemClock, activeLow };
  return {
    trigger:
      driver === 'gpiochip'
        ? gpioTrigger({ ...options, ...line })
        : sysfsTrigger({ ...options, line: sysfsNumber(simLines.sensor) }),
    nowNs: () => systemClock.nowNs(),
    stampLateMs: driver === 'sysfs' ? 250 : 0,
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
  triggerContract(`gpiochip, the kernel’s, ${kind}`, () => ofTheKernel(kind, false, 'gpiochip'), simSkipped);
  triggerContract(
    `gpiochip, the kernel’s, ${kind}, low is active`,
    () => ofTheKernel(kind, true, 'gpiochip'),
    simSkipped,
  );
  triggerContract(`sysfs, lines in memory, ${kind}`, () => sysfsInMemory(kind, false));
  triggerContract(`sysfs, lines in memory, ${kind}, low is active`, () => sysfsInMemory(kind, true));
  triggerContract(`sysfs, the kernel’s, ${kind}`, () => ofTheKernel(kind, false, 'sysfs'), sysfsSkipped);
  triggerContract(`sysfs, the kernel’s, ${kind}, low is active`, () => ofTheKernel(kind, true, 'sysfs'), sysfsSkipped);
}

/** A picture is one number here: 0 the empty place, 100 a cup. */
const byCamera = async (): Promise<TriggerRig> => {
  const clock = new ManualClock();
  const camera = new FakeCamera(clock);
  let scene = 0;
  return {
    trigger: new CameraTrigger({
      ...timing,
      clock,
      camera,
      presence: { enter: 12, leave: 6, still: 4 },
      empty: 0,
      thumbOf: () => Promise.resolve(scene),
      difference: (a, b) => Math.abs(a - b),
      everyMs: 50,
      patienceMs: 300,
    }),
    nowNs: () => clock.nowNs(),
    stampLateMs: 200,
    sensesThePast: true,
    place: () => {
      scene = 100;
    },
    remove: () => {
      scene = 0;
    },
    wait: () => clock.advance(500),
    lose: () => {
      camera.mode = 'frozen';
    },
    close: () => Promise.resolve(),
  };
};

triggerContract('camera', byCamera);

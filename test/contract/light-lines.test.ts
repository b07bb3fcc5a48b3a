import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/daemon/system-clock.js';
import { GpioLines } from '../../src/hw/light/gpio-lines.js';
import { LampLines } from '../../src/hw/light/lamp-lines.js';
import type { LineState } from '../../src/hw/light/line-state.js';
import { MemoryLines } from '../../src/hw/light/memory-lines.js';
import { TerminalLines } from '../../src/hw/light/terminal-lines.js';
import type { OpenSysfsGpio } from '../../src/hw/sysfs-gpio.js';
import { type Gpio, kernelGpio, lightGuardPath } from '../../src/native/gpio.js';
import { FakeGpio } from '../fixtures/fake-gpio.js';
import { FakeSysfs } from '../fixtures/fake-sysfs.js';
import { GpioSim, simChip, simLines, simSkipped, sysfsNumber, sysfsSkipped } from '../fixtures/gpio-sim.js';
import { type LinesRig, lightLinesContract } from './light-lines-contract.js';

lightLinesContract('memory', async () => {
  const lines = new MemoryLines({ clock: systemClock, path: null });
  return {
    lines,
    seen: () => lines.state,
    changes: () => lines.transitions.length,
    close: () => Promise.resolve(),
  };
});

const terminal = async (isTTY: boolean): Promise<LinesRig> => {
  const written: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      written.push(chunk.toString());
      done();
    },
  });
  const seen = (): LineState => {
    const words = written
      .join('')
      .toLowerCase()
      .match(/green|amber|dark/g);
    return (words?.at(-1) ?? 'dark') as LineState;
  };
  return {
    lines: new TerminalLines(Object.assign(stream, { isTTY })),
    seen,
    changes: () => written.length,
    close: () => Promise.resolve(),
  };
};

lightLinesContract('terminal', () => terminal(true));
lightLinesContract('terminal that is a pipe', () => terminal(false));

const raise = (error: Error): never => {
  throw error;
};

/** The same driver on a chip that we can look at from outside. */
const gpioLines = async (
  gpio: Gpio,
  guardProgram: string,
  high: (line: number) => boolean,
  activeLow: boolean,
): Promise<LinesRig> => {
  let drives = 0;
  const counting: Gpio = {
    find: gpio.find.bind(gpio),
    input: gpio.input.bind(gpio),
    outputs(lines, options) {
      const outputs = gpio.outputs(lines, options);
      return {
        fd: outputs.fd,
        driven: () => outputs.driven(),
        close: () => outputs.close(),
        drive(active) {
          drives++;
          outputs.drive(active);
        },
      };
    },
  };
  const options = {
    chip: simChip,
    green: String(simLines.green),
    amber: String(simLines.amber),
    activeLow,
    drive: 'push_pull',
    verify: true,
    patienceMs: 5000,
    gpio: counting,
    guardProgram,
  } as const;
  const lines = await LampLines.open(() => GpioLines.take(options), raise);
  return { lines, seen: () => lampsOf(high, activeLow), changes: () => drives, close: () => Promise.resolve() };
};

/** What the two lamps show together. */
const lampsOf = (high: (line: number) => boolean, activeLow: boolean): LineState => {
  const lit = (line: number): number => Number(high(line) !== activeLow);
  const now = `${lit(simLines.green)}${lit(simLines.amber)}`;
  const state = new Map<string, LineState>([
    ['00', 'dark'],
    ['10', 'green'],
    ['01', 'amber'],
  ]).get(now);
  if (state === undefined) throw new Error(`green and amber are ${now}`);
  return state;
};

const sysfsInMemory = async (activeLow: boolean): Promise<LinesRig> => {
  const { SysfsLines } = await import('../../src/hw/light/sysfs-lines.js');
  const sysfs = new FakeSysfs();
  const { green, amber } = simLines;
  const options = { green, amber, activeLow, open: sysfs.open };
  const lines = await LampLines.open(async () => new SysfsLines(options), raise);
  const high = (line: number): boolean => sysfs.high.get(line) ?? false;
  return { lines, seen: () => lampsOf(high, activeLow), changes: () => sysfs.writes, close: () => Promise.resolve() };
};

const sysfsOfTheKernel = async (activeLow: boolean): Promise<LinesRig> => {
  const { SysfsLines } = await import('../../src/hw/light/sysfs-lines.js');
  const { openOnoff } = await import('../../src/hw/sysfs-gpio.js');
  const sim = new GpioSim();
  for (const line of [simLines.green, simLines.amber]) sim.pull(line, activeLow);
  let writes = 0;
  const open: OpenSysfsGpio = (...line) => {
    const gpio = openOnoff(...line);
    const write = gpio.writeSync.bind(gpio);
    return Object.assign(gpio, {
      writeSync: (value: 0 | 1) => {
        writes++;
        write(value);
      },
    });
  };
  const [green, amber] = [sysfsNumber(simLines.green), sysfsNumber(simLines.amber)];
  const lines = await LampLines.open(async () => new SysfsLines({ green, amber, activeLow, open }), raise);
  const high = (line: number): boolean => sim.high(line);
  return { lines, seen: () => lampsOf(high, activeLow), changes: () => writes, close: () => Promise.resolve() };
};

const noGuard = fileURLToPath(new URL('../fixtures/silent-guard.sh', import.meta.url));
for (const activeLow of [false, true]) {
  const sense = activeLow ? ', low is lit' : '';
  lightLinesContract(`gpiochip, a chip in memory${sense}`, () => {
    const gpio = new FakeGpio();
    return gpioLines(gpio, noGuard, (line) => gpio.high.get(line) ?? false, activeLow);
  });
  // When its lines are let go of, gpio-sim goes back to what they are pulled to: to dark, here.
  lightLinesContract(
    `gpiochip, the kernel’s${sense}`,
    () => {
      const sim = new GpioSim();
      for (const line of [simLines.green, simLines.amber]) sim.pull(line, activeLow);
      return gpioLines(kernelGpio, lightGuardPath, (line) => sim.high(line), activeLow);
    },
    simSkipped,
  );
  lightLinesContract(`sysfs, lines in memory${sense}`, () => sysfsInMemory(activeLow));
  lightLinesContract(`sysfs, the kernel’s${sense}`, () => sysfsOfTheKernel(activeLow), sysfsSkipped);
}

import { describe, expect, it } from 'vitest';
import { holding, type LoopbackWiring, readLine } from '../../src/daemon/station-check/loopback-lines.js';
import { type Gpio, kernelGpio } from '../../src/native/gpio.js';
import { FakeGpio } from '../fixtures/fake-gpio.js';
import { GpioSim, simChip, simLines, simSkipped } from '../fixtures/gpio-sim.js';

interface Wires {
  readonly gpio: Gpio;
  readonly chip: string;
  high(line: number): boolean;
  pull(line: number, high: boolean): void;
}

/** The loop-back's lines on a chip whose wires we see and pull. @param skipped why these cannot be tried on this machine */
function loopbackLinesContract(name: string, open: () => Wires, skipped: string | null = null): void {
  describe.skipIf(skipped !== null)(`the loop-back's lines: ${name}${skipped === null ? '' : ` (${skipped})`}`, () => {
    const wiringOf = ({ chip }: Wires, activeLow: boolean): LoopbackWiring => ({
      chip,
      amber: null,
      green: null,
      trigger: null,
      illumination: null,
      activeLow,
      settleMs: 1,
    });

    it.each([false, true])(
      'a held line is active while the work runs, and inactive afterwards (active low: %s)',
      async (low) => {
        const wires = open();
        const wiring = wiringOf(wires, low);
        const line = String(simLines.green);
        // When it is let go of, it is at what it is pulled to: inactive, as `holding` asks for.
        wires.pull(simLines.green, low);
        await holding(wires.gpio, wiring, line, async (release) => {
          expect(wires.high(simLines.green)).toBe(!low);
          release();
          expect(wires.high(simLines.green)).toBe(low);
        });
        const failed = holding(wires.gpio, wiring, line, () => Promise.reject(new Error('the work failed')));
        await expect(failed).rejects.toThrow('the work failed');
        expect(wires.high(simLines.green)).toBe(low);
        // It was let go of: it can be had again.
        await holding(wires.gpio, wiring, line, () => Promise.resolve());
      },
    );

    it.each([false, true])('a line is read as it is (active low: %s)', (low) => {
      const wires = open();
      const wiring = wiringOf(wires, low);
      for (const high of [true, false]) {
        wires.pull(simLines.sensor, high);
        expect(readLine(wires.gpio, wiring, String(simLines.sensor))).toBe(high !== low);
      }
    });
  });
}

loopbackLinesContract('in memory', () => {
  const gpio = new FakeGpio();
  return {
    gpio,
    chip: 'fake',
    high: (line) => gpio.high.get(line) ?? false,
    pull: (line, high) => gpio.pull(line, high),
  };
});

loopbackLinesContract(
  'the kernel’s',
  () => {
    const sim = new GpioSim();
    return {
      gpio: kernelGpio,
      chip: simChip,
      high: (line) => sim.high(line),
      pull: (line, high) => sim.pull(line, high),
    };
  },
  simSkipped,
);

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CupcheckError } from '../../../src/errors.js';
import { GpioLines, type GpioLinesOptions } from '../../../src/hw/light/gpio-lines.js';
import { LampLines } from '../../../src/hw/light/lamp-lines.js';
import { lightGuardPath } from '../../../src/native/gpio.js';
import { FakeGpio } from '../../fixtures/fake-gpio.js';

const silentGuard = fileURLToPath(new URL('../../fixtures/silent-guard.sh', import.meta.url));
/** Ends at the first word. */
const shortGuard = fileURLToPath(new URL('../../fixtures/short-guard.sh', import.meta.url));
const green = 5;
const amber = 6;

describe('gpio lines', () => {
  let gpio: FakeGpio;
  let lost: CupcheckError[];
  let opened: LampLines[];

  beforeEach(() => {
    gpio = new FakeGpio();
    lost = [];
    opened = [];
  });
  afterEach(async () => {
    for (const lines of opened) await lines.close().catch(() => null);
    vi.useRealTimers();
  });
  const open = async (options: Partial<GpioLinesOptions> = {}): Promise<LampLines> => {
    const taken: GpioLinesOptions = {
      chip: 'soc',
      green: String(green),
      amber: String(amber),
      activeLow: false,
      drive: 'push_pull',
      verify: true,
      patienceMs: 5000,
      gpio,
      guardProgram: silentGuard,
      ...options,
    };
    const lines = await LampLines.open(
      () => GpioLines.take(taken),
      (error) => lost.push(error),
    );
    opened.push(lines);
    return lines;
  };

  it('waits for lines that the guard of a process before it still holds', async () => {
    gpio.busy = 3;
    await open();
    expect(gpio.busy).toBe(0);
  });

  it('does not take lines that are gone, nor one line for both lamps', async () => {
    await expect(open({ amber: String(green) })).rejects.toMatchObject({
      code: 'LIGHT_LOST',
      message: expect.stringContaining('the same line') as string,
    });
    gpio.unplug();
    await expect(open()).rejects.toMatchObject({ code: 'LIGHT_LOST' });
  });

  it('does not start without its guard', async () => {
    await expect(open({ guardProgram: '/nowhere/light-guard' })).rejects.toMatchObject({
      code: 'LIGHT_LOST',
      message: expect.stringContaining('npm run setup') as string,
    });
  });

  it('goes dark, and shows nothing any more, when its guard ends', async () => {
    const lines = await open({ guardProgram: shortGuard });
    await lines.set('green');
    await vi.waitFor(() => expect(lost).toMatchObject([{ code: 'LIGHT_LOST' }]), { timeout: 5000 });
    expect(gpio.high.get(green)).toBe(false);
    await expect(lines.set('green')).rejects.toMatchObject({ code: 'LIGHT_LOST' });
  });

  it('says LIGHT_LOST where a lamp does not do as it was driven, and drives both dark', async () => {
    const lines = await open();
    gpio.truthful = false;
    await expect(lines.set('green')).rejects.toMatchObject({ code: 'LIGHT_LOST' });
    expect(gpio.high.get(green)).toBe(false);
    await expect(lines.set('amber')).rejects.toMatchObject({ code: 'LIGHT_LOST' });
  });

  it('believes the lines where it may not read them back', async () => {
    gpio.truthful = false;
    const lines = await open({ verify: false });
    await lines.set('green');
    expect(gpio.high.get(green)).toBe(true);
  });

  it('notices within a second that somebody changed a line, and goes dark', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const lines = await open();
    await lines.set('amber');
    gpio.slip(green, true);
    vi.advanceTimersByTime(1000);
    expect(lost).toMatchObject([{ code: 'LIGHT_LOST' }]);
    expect([gpio.high.get(green), gpio.high.get(amber)]).toEqual([false, false]);
  });

  it('notices that the chip was removed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await open();
    gpio.unplug();
    vi.advanceTimersByTime(3000);
    expect(lost).toMatchObject([{ code: 'LIGHT_LOST' }]);
  });
});

describe('light guard', () => {
  /** The program, with a file in place of the lines: it cannot be driven, so the guard ends with 4 when it has to. */
  const guard = (patienceMs: number) =>
    spawn(lightGuardPath, ['2', String(patienceMs)], { stdio: ['pipe', 'ignore', 'pipe', openSync('/dev/null', 'r')] });

  it('outlives the signals that end its process, and ends with that', async () => {
    const child = guard(60_000);
    await once(child, 'spawn');
    const ignored = (): number =>
      Number.parseInt(/^SigIgn:\s*(\w+)$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? '0', 16);
    // SIGQUIT is the last one that it sets.
    await vi.waitFor(() => expect(ignored() & (1 << (constants.signals.SIGQUIT - 1))).not.toBe(0), { timeout: 5000 });
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) child.kill(signal);
    child.stdin?.end();
    expect(await once(child, 'exit')).toEqual([4, null]);
  });

  it('does not wait for longer than it was told to', async () => {
    const child = guard(20);
    child.stdin?.write('l');
    expect(await once(child, 'exit')).toEqual([4, null]);
  });

  it('refuses arguments that make no sense', async () => {
    expect(await once(guard(0), 'exit')).toEqual([2, null]);
  });
});

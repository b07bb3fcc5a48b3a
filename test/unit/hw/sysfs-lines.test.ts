import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CupcheckError } from '../../../src/errors.js';
import { LampLines } from '../../../src/hw/light/lamp-lines.js';
import { SysfsLines } from '../../../src/hw/light/sysfs-lines.js';
import { FakeSysfs } from '../../fixtures/fake-sysfs.js';

const green = 5;
const amber = 6;

describe('sysfs lines', () => {
  let sysfs: FakeSysfs;
  let lost: CupcheckError[];
  let opened: LampLines[];

  beforeEach(() => {
    sysfs = new FakeSysfs();
    lost = [];
    opened = [];
  });
  afterEach(async () => {
    for (const lines of opened) await lines.close().catch(() => null);
    vi.useRealTimers();
  });
  const open = async (lamps = { green, amber }): Promise<LampLines> => {
    const lines = await LampLines.open(
      async () => new SysfsLines({ ...lamps, activeLow: false, open: sysfs.open }),
      (error) => lost.push(error),
    );
    opened.push(lines);
    return lines;
  };

  it('takes both lines or none', async () => {
    sysfs.refused.add(amber);
    await expect(open()).rejects.toMatchObject({ code: 'LIGHT_LOST' });
    expect([...sysfs.exported]).toEqual([]);
  });

  it('does not take one line for both lamps', async () => {
    await expect(open({ green, amber: green })).rejects.toMatchObject({
      code: 'LIGHT_LOST',
      message: expect.stringContaining('the same line') as string,
    });
    expect([...sysfs.exported]).toEqual([]);
  });

  it('lets go of both lines when it is closed', async () => {
    const lines = await open();
    expect([...sysfs.exported]).toEqual([green, amber]);
    await lines.close();
    expect([...sysfs.exported]).toEqual([]);
  });

  it('never has both lamps lit', async () => {
    const lines = await open();
    const both: boolean[] = [];
    const set = sysfs.high.set.bind(sysfs.high);
    sysfs.high.set = (line, high) => {
      const wires = set(line, high);
      both.push(wires.get(green) === true && wires.get(amber) === true);
      return wires;
    };
    for (const state of ['green', 'amber', 'green', 'dark'] as const) await lines.set(state);
    expect(both).not.toContain(true);
  });

  it('says LIGHT_LOST where a lamp cannot be driven, and drives the other one dark', async () => {
    const lines = await open();
    await lines.set('amber');
    sysfs.refused.add(green);
    await expect(lines.set('dark')).rejects.toMatchObject({ code: 'LIGHT_LOST' });
    expect(sysfs.high.get(amber)).toBe(false);
    await expect(lines.set('amber')).rejects.toMatchObject({ code: 'LIGHT_LOST' });
  });

  it('notices within a second that somebody changed a line, and goes dark', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const lines = await open();
    await lines.set('amber');
    sysfs.pull(green, true);
    vi.advanceTimersByTime(3000);
    expect(lost).toMatchObject([{ code: 'LIGHT_LOST' }]);
    expect([sysfs.high.get(green), sysfs.high.get(amber)]).toEqual([false, false]);
  });

  it('notices that the lines are gone', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await open();
    sysfs.unplug();
    vi.advanceTimersByTime(3000);
    expect(lost).toMatchObject([{ code: 'LIGHT_LOST' }]);
  });
});

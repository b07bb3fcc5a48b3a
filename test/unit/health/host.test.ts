import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readClockSync } from '../../../src/daemon/health/clock-sync.js';
import { hostFacts } from '../../../src/daemon/health/host.js';
import { readThermal } from '../../../src/daemon/health/thermal.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-host-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function device(name: string, files: Record<string, string>): void {
  mkdirSync(join(folder, name), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), `${text}\n`);
}

describe('heat', () => {
  it('is that of the hottest zone that reports a temperature', async () => {
    device('thermal_zone0', { temp: '41500' });
    device('thermal_zone1', { temp: '63250' });
    device('thermal_zone2', { temp: '-256000' });
    device('thermal_zone3', { temp: 'N/A' });
    device('thermal_zone4', {});
    expect(await readThermal(folder)).toEqual({ tempC: 63.25, throttled: null });
  });

  it('throttles where a processor is slowed down, not where a fan turns', async () => {
    device('cooling_device0', { type: 'pwm-fan', cur_state: '3' });
    device('cooling_device1', { type: 'cpufreq-cpu0', cur_state: '0' });
    expect(await readThermal(folder)).toEqual({ tempC: null, throttled: false });
    device('cooling_device2', { type: 'gpu-throttle-alert', cur_state: '1' });
    expect(await readThermal(folder)).toEqual({ tempC: null, throttled: true });
  });

  it('is unknown where the machine has no such folder', async () => {
    expect(await readThermal(join(folder, 'none'))).toEqual({ tempC: null, throttled: null });
  });
});

describe('the clock', () => {
  const program = (script: string): string => {
    const path = join(folder, 'timedatectl');
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return path;
  };

  it('is synchronised as timedatectl says', async () => {
    expect(await readClockSync(program('echo yes'), join(folder, 'none'))).toBe(true);
    expect(await readClockSync(program('echo no'), folder)).toBe(false);
  });

  it('is as timesyncd marked it where timedatectl cannot be asked, else unknown', async () => {
    expect(await readClockSync(program('exit 1'), folder)).toBe(true);
    expect(await readClockSync(join(folder, 'none'), join(folder, 'none'))).toBeNull();
  });
});

describe('the facts of the host', () => {
  it('are there at once and follow the machine', async () => {
    device('thermal_zone0', { temp: '40000' });
    const clockSynced = () => Promise.resolve(null);
    const host = await hostFacts(folder, { thermalFolder: folder, clockSynced, everyMs: 5 });
    try {
      expect(host.current()).toMatchObject({ tempC: 40, throttled: null, utcSynced: false });
      expect(host.current().diskFreeBytes).toBeGreaterThan(0);
      device('thermal_zone0', { temp: '80000' });
      await vi.waitFor(() => expect(host.current().tempC).toBe(80));
    } finally {
      host.stop();
    }
  });

  it('leave out a disk that is not there', async () => {
    const host = await hostFacts(join(folder, 'none'), {
      thermalFolder: folder,
      clockSynced: () => Promise.resolve(true),
    });
    host.stop();
    expect(host.current()).toMatchObject({ diskFreeBytes: null, utcSynced: true });
  });
});

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the kernel's thermal framework says; `null` where this machine does not say it. */
export interface Thermal {
  /** The hottest zone, °C. */
  readonly tempC: number | null;
  /** Whether a processor or GPU is being slowed down for heat. */
  readonly throttled: boolean | null;
}

/** Zones that are switched off or broken report such values as −256 °C. */
const coldestC = -40;
const hottestC = 150;
const mostEntries = 128;
/** Cooling devices that slow down what computes; a fan that turns is no throttling. */
const slowing = /throttle|cpufreq|devfreq|^processor$/i;

/**
 * Reads /sys/class/thermal: `thermal_zone*` in millidegrees, `cooling_device*` with their state (0 = not at work).
 * Source: kernel documentation, driver-api/thermal/sysfs-api.
 */
export async function readThermal(folder: string): Promise<Thermal> {
  const names = (await orNull(readdir(folder)))?.slice(0, mostEntries) ?? [];
  const temperatures: number[] = [];
  const states: number[] = [];
  for (const name of names) {
    const device = join(folder, name);
    if (name.startsWith('thermal_zone')) {
      const tempC = await readWhole(join(device, 'temp'));
      if (tempC !== null && tempC / 1000 > coldestC && tempC / 1000 < hottestC) temperatures.push(tempC / 1000);
    } else if (name.startsWith('cooling_device')) {
      const type = await readLine(join(device, 'type'));
      const state = type !== null && slowing.test(type) ? await readWhole(join(device, 'cur_state')) : null;
      if (state !== null) states.push(state);
    }
  }
  return {
    tempC: temperatures.length === 0 ? null : Math.max(...temperatures),
    throttled: states.length === 0 ? null : states.some((state) => state > 0),
  };
}

/** `null` for what cannot be read: the kernel refuses a sensor whose part of the chip is switched off (EAGAIN, EINVAL, ENODATA). */
const orNull = <T>(read: Promise<T>): Promise<T | null> => read.catch(() => null);

async function readLine(path: string): Promise<string | null> {
  return (await orNull(readFile(path, 'utf8')))?.trim() ?? null;
}

async function readWhole(path: string): Promise<number | null> {
  const line = await readLine(path);
  return line !== null && /^-?\d{1,9}$/.test(line) ? Number(line) : null;
}

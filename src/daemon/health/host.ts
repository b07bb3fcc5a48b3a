import { statfs } from 'node:fs/promises';
import { readClockSync } from './clock-sync.js';
import { readThermal } from './thermal.js';

/** What the machine says of itself. `null` = this machine does not say it. */
export interface HostFacts {
  /** The hottest sensor, °C. */
  readonly tempC: number | null;
  /** Whether it is slowed down for heat. */
  readonly throttled: boolean | null;
  /** Whether UTC is known to be synchronised; false where nobody says. */
  readonly utcSynced: boolean;
  /** Free for us on the disk of the station's state. */
  readonly diskFreeBytes: number | null;
  /** Resident memory of this process. */
  readonly memoryBytes: number;
}

export interface HostWatch {
  /** The last reading, at once: a cup never waits for a sensor. */
  current(): HostFacts;
  stop(): void;
}

export interface HostOptions {
  readonly thermalFolder?: string;
  readonly clockSynced?: () => Promise<boolean | null>;
  readonly everyMs?: number;
}

const readEveryMs = 10_000;
/** Asking for the clock starts a program, so it is asked less often than sensors are read. */
const clockEvery = 6;

/**
 * Reads the host's facts now and then every ten seconds, one reading after the other, in the background.
 * @param folder on the disk whose free space counts
 */
export async function hostFacts(folder: string, options: HostOptions = {}): Promise<HostWatch> {
  const { thermalFolder = '/sys/class/thermal', clockSynced = readClockSync, everyMs = readEveryMs } = options;
  let synced: boolean | null = null;
  let readings = 0;
  const read = async (): Promise<HostFacts> => {
    if (readings++ % clockEvery === 0) synced = await clockSynced();
    const disk = await statfs(folder).catch(() => null);
    return {
      ...(await readThermal(thermalFolder)),
      utcSynced: synced === true,
      diskFreeBytes: disk === null ? null : disk.bavail * disk.bsize,
      memoryBytes: process.memoryUsage.rss(),
    };
  };
  let facts = await read();
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  const again = (): void => {
    if (stopped) return;
    timer = setTimeout(() => void read().then(keep), everyMs).unref();
  };
  const keep = (news: HostFacts): void => {
    facts = news;
    again();
  };
  again();
  return {
    current: () => facts,
    stop: () => {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}

import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../../daemon/config/schema.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { fail, ok, warn } from './finding.js';

const run = promisify(execFile);
const oldestNode = 20;

export function nodeVersion(version = process.versions.node): Finding {
  const major = Number(version.split('.')[0]);
  if (major >= oldestNode) return ok('node', `Node ${version}`);
  return fail('node', `Node ${version}`, `Install Node ${oldestNode} or newer.`);
}

export async function nativeAddon(): Promise<Finding> {
  const { callNative } = await import('../../native/addon.js');
  callNative(() => undefined);
  return ok('native addon', 'loads');
}

const gib = 2 ** 30;

/** Room for what the config allows the station to fill, and some more for the system. */
export async function diskSpace(config: Config): Promise<Finding> {
  const folder = await existing(config.state.path);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const detail = `${(free / gib).toFixed(1)} GiB free at ${folder}`;
  if (free < gib / 4) return fail('disk', detail, 'Free some space: without it every cup is amber (storage_fault).');
  const mayFill = config.journal.maxBytes + config.images.maxBytes;
  if (free >= mayFill) return ok('disk', detail);
  const bounds = `journal.maxBytes and images.maxBytes allow ${(mayFill / gib).toFixed(1)} GiB`;
  return warn('disk', `${detail}; ${bounds}`, 'Free some space, or lower them.');
}

/** The nearest folder above `path` that exists: before the first start there is no state. */
async function existing(path: string): Promise<string> {
  const found = await statfs(path).then(
    () => true,
    () => false,
  );
  return found || dirname(path) === path ? path : existing(dirname(path));
}

/** Whether the system keeps the clock right; results carry UTC. */
export async function clockSync(): Promise<Finding> {
  const help = 'Start a time service: timedatectl set-ntp true.';
  try {
    const { stdout } = await run('timedatectl', ['show', '--property=NTPSynchronized', '--value'], { timeout: 5000 });
    if (stdout.trim() === 'yes') return ok('clock', 'synchronized');
    return warn('clock', 'not synchronized: times of results may be wrong', help);
  } catch {
    // A container has no timedatectl, or no bus for it: the answer is unknown, which is a finding of its own.
    return warn('clock', 'timedatectl does not answer: it cannot be told whether the clock is right', help);
  }
}

import { readThermal } from '../../daemon/health/thermal.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { fail, ok, warn } from './finding.js';
import { SystemRoot } from '../system-root.js';

const warmC = 80;
const hotC = 95;

/** The hottest zone of the kernel's thermal framework; a Jetson's zones are among them. */
export async function temperature(root = new SystemRoot()): Promise<Finding> {
  const { tempC, throttled } = await readThermal(root.path('sys/class/thermal'));
  const help = 'Give the board air, clean its fan, or lower its power mode.';
  if (tempC === null) return ok('temperature', 'this machine has no sensor');
  const detail = `${tempC.toFixed(0)} °C at the hottest sensor${throttled === true ? ', slowed down for heat' : ''}`;
  if (tempC >= hotC) return fail('temperature', detail, help);
  return tempC >= warmC || throttled === true ? warn('temperature', detail, help) : ok('temperature', detail);
}

/** Whether the board is allowed to be fast: nvpmodel on a Jetson, elsewhere the governor of the processor's clock. */
export async function powerMode(root = new SystemRoot()): Promise<Finding> {
  return (await isJetson(root)) ? jetsonMode(root) : governor(root);
}

export async function isJetson(root: SystemRoot): Promise<boolean> {
  return /nvidia,tegra/.test((await root.text('proc/device-tree/compatible')) ?? '');
}

/** nvpmodel keeps "pmode:0002" in its status, and its modes in its config as "< POWER_MODEL ID=2 NAME=MAXN_SUPER >". */
async function jetsonMode(root: SystemRoot): Promise<Finding> {
  const status = (await root.text('var/lib/nvpmodel/status')) ?? '';
  const config = (await root.text('etc/nvpmodel.conf')) ?? '';
  const modes = new Map(
    [...config.matchAll(/^\s*<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)\s*>/gm)].map(([, id, name]) => [Number(id), name]),
  );
  const [, pmode] = /pmode:(\d+)/.exec(status) ?? [];
  if (pmode === undefined) return warn('power mode', 'nvpmodel does not say it', 'Ask it: sudo nvpmodel -q.');
  const id = Number(pmode);
  const name = modes.get(id);
  const detail = `${name ?? 'mode'} (nvpmodel ${id})`;
  const [fastest] = [...modes].find(([, each]) => each?.startsWith('MAXN') === true) ?? [];
  if (fastest === undefined || fastest === id) return ok('power mode', detail);
  const help = `Where cups are late, and supply and cooling allow it: sudo nvpmodel -m ${fastest}.`;
  return warn('power mode', `${detail}, not the fastest`, help);
}

/** Drivers whose "powersave" is a working range and no bound. */
const ranging = /^(intel_pstate|amd-pstate-epp)$/;

async function governor(root: SystemRoot): Promise<Finding> {
  const folder = 'sys/devices/system/cpu';
  const policies = await Promise.all(
    (await root.names(folder, /^cpu\d+$/)).map(async (cpu) => ({
      governor: await root.line(`${folder}/${cpu}/cpufreq/scaling_governor`),
      driver: await root.line(`${folder}/${cpu}/cpufreq/scaling_driver`),
    })),
  );
  const governors = new Set(policies.flatMap(({ governor: each }) => (each === null ? [] : [each])));
  if (governors.size === 0) return ok('power mode', 'the system does not scale the processor');
  const detail = `governor ${[...governors].join(', ')}`;
  const slow = policies.some(({ governor: each, driver }) => each === 'powersave' && !ranging.test(driver ?? ''));
  if (!slow) return ok('power mode', detail);
  const help = `echo schedutil | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor`;
  return warn('power mode', `${detail}: the processor stays at its slowest`, help);
}

import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assortedCups } from './cups.js';
import { judgedOnHost } from './judged-on-host.js';
import { times } from './repetitions.js';
import { assorted, chatter, removedEarly } from './scenarios/cups.js';
import { contracts } from './scenarios/contracts.js';
import { frozen, unfedIdle, unfedUnderACup, unplugged } from './scenarios/camera.js';
import { install, purge, sandbox, upgrade } from './scenarios/install.js';
import {
  brokerRestart,
  clockJump,
  coreKilled,
  coreStopped,
  lightKilled,
  lightStopped,
  powerCut,
  reboot,
} from './scenarios/processes.js';
import type { Scenario } from './scenarios/scenario.js';
import { badUpdates, technicianEvening, updatePowerCut, updateUnderCups } from './scenarios/update.js';
import { stageLines } from './stages.js';
import { settleMs, SystemStation } from './station.js';

const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run scripts/test-system.sh`);
  return value;
};
const older = variable('SYSTEM_PACKAGE');
/** Differs by its number alone; there is none where nothing is upgraded. */
const newer = process.env['SYSTEM_NEWER_PACKAGE'] ?? null;
const cups = assortedCups(times('cups', { part: 4, all: 200 }));
const only = process.env['SYSTEM_TEST_ONLY']?.split(',');

let station: SystemStation;
beforeAll(async () => {
  station = await SystemStation.boot({ image: variable('SYSTEM_IMAGE'), package: older }, cups);
  for (const path of [older, newer]) if (path !== null) copyFileSync(path, join(station.share, basename(path)));
  if (only !== undefined && !only.includes('install')) await station.adopt();
});
afterAll(async () => {
  for (const line of stageLines(station.published, settleMs)) console.log(line);
  await station.remove();
});

/** Each scenario begins with the station waiting for a cup, and ends with every lamp and every row accounted for. */
function scenario(
  key: string,
  count: { readonly part: number; readonly all: number },
  make: (n: number) => Scenario,
): void {
  const n = times(key, count);
  const skipped = n === 0 || (only !== undefined && !only.includes(key));
  const { name } = make(n);
  it.skipIf(skipped)(name, async ({ task }) => {
    console.log(`system: ${name}, ${n} times`);
    if (key !== 'install') await station.rest();
    const row = await make(n).run(station);
    task.meta.row = { done: name, ...row };
    if (key !== 'purge') expect(await station.check()).toEqual([]);
    // The table comes at the end, and a run may be ended before it.
    console.log(`system: held: ${name}`);
  });
}

const once = { part: 1, all: 1 };
const few = { part: 1, all: 3 };
/** What takes minutes, or is like one that the part has: the part must not hold up every change. */
const onlyAll = { part: 0, all: 3 };
scenario('install', once, () => install(basename(older)));
scenario('sandbox', once, () => sandbox(console.log));
scenario('contracts', { part: 0, all: 1 }, () => contracts(console.log));
it.skipIf(only !== undefined && !only.includes('cups'))('cups, right ones and wrong ones', async ({ task }) => {
  console.log(`system: ${cups.length} cups, right ones and wrong ones`);
  await station.rest();
  const names = cups.map(({ name }) => `${name}.jpg`);
  const made = assorted(await judgedOnHost(station.cups, names, station.bundle));
  task.meta.row = { done: made.name, ...(await made.run(station)) };
  expect(await station.check()).toEqual([]);
});
scenario('removed', { part: 1, all: 20 }, removedEarly);
scenario('chatter', { part: 0, all: 10 }, chatter);
scenario('silent', few, unfedIdle);
scenario('silent-cup', onlyAll, unfedUnderACup);
scenario('unplugged', onlyAll, unplugged);
scenario('frozen', { part: 0, all: 6 }, frozen);
scenario('core-killed', few, coreKilled);
scenario('core-stopped', onlyAll, coreStopped);
scenario('light-killed', onlyAll, lightKilled);
scenario('light-stopped', onlyAll, lightStopped);
scenario('broker', onlyAll, brokerRestart);
scenario('clock', onlyAll, clockJump);
scenario('reboot', { part: 0, all: 3 }, reboot);
scenario('power', { part: 1, all: 20 }, powerCut);
scenario('update', { part: 0, all: 1 }, updateUnderCups);
scenario('bad-update', { part: 0, all: 1 }, badUpdates);
scenario('evening', { part: 0, all: 1 }, () => technicianEvening(console.log));
scenario('update-power', { part: 0, all: 5 }, (n) => updatePowerCut(n, console.log));
scenario('upgrade', { part: 0, all: newer === null ? 0 : 1 }, () => upgrade(basename(newer ?? '')));
scenario('purge', once, () => purge);

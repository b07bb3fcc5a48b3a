import type { Scenario } from './scenario.js';
import { provesWell } from './scenario.js';

const highestExposure = 2;

/** The package by dpkg on a Debian that never saw it; then the config of this station. */
export const install = (path: string): Scenario => ({
  name: 'the package is installed, and its services start',
  async run(station) {
    await station.machine.must(`dpkg --install /host/${path}`, { timeoutMs: 1_200_000 });
    // Without a config that fits it is in fault, and up: it can be asked.
    for (const unit of ['cupcheck-light.service', 'cupcheck.service']) {
      const state = await station.unit(unit, 'ActiveState');
      if (state !== 'active') throw new Error(`${unit} is ${state} after the installation`);
    }
    await station.configure();
    await station.restart();
    await station.order();
    await provesWell(station);
    return { times: 1, light: 'green for a cup as ordered', journal: 'its first row' };
  },
});

/** @param say prints systemd's table */
export const sandbox = (say: (text: string) => void): Scenario => ({
  name: `systemd-analyze security: at most ${highestExposure.toFixed(1)}`,
  async run(station) {
    const levels: string[] = [];
    for (const unit of ['cupcheck.service', 'cupcheck-light.service']) {
      const text = await station.machine.must(`systemd-analyze security --no-pager ${unit}`, { timeoutMs: 300_000 });
      say(text);
      const [, level] = /exposure level for \S+: ([\d.]+)/.exec(text) ?? [];
      if (level === undefined || Number(level) > highestExposure) throw new Error(`${unit}: ${level ?? 'no level'}`);
      levels.push(`${unit} ${level}`);
    }
    return { times: levels.length, light: '', journal: levels.join(', ') };
  },
});

const remains = [
  'test ! -e /etc/cupcheck',
  'test ! -e /var/lib/cupcheck',
  'test ! -e /run/cupcheck',
  'test ! -e /usr/lib/cupcheck',
  'test ! -e /usr/bin/cupcheck',
  '! getent passwd cupcheck cupcheck-light',
  '! systemctl cat cupcheck.service cupcheck-light.service cupcheck.target >/dev/null 2>&1 || test -z "$(dpkg --listfiles cupcheck 2>/dev/null)"',
];

/** A newer package over the older one: config and journal stay. */
export const upgrade = (path: string): Scenario => ({
  name: 'the package is upgraded',
  async run(station) {
    const facts = async (): Promise<string> =>
      await station.machine.must(
        'sha256sum /etc/cupcheck/config.yaml; cupcheck journal query --json --limit 100000 | sha256sum',
      );
    const before = await facts();
    const from = station.heard;
    await station.machine.must(`dpkg --install /host/${path}`, { timeoutMs: 1_200_000 });
    await station.ready(from);
    if ((await facts()) !== before) throw new Error('the upgrade changed the config or the journal');
    await provesWell(station);
    return { times: 1, light: 'green for a cup as ordered', journal: 'every row as before' };
  },
});

export const purge: Scenario = {
  name: 'the package is purged',
  async run(station) {
    await station.machine.must('dpkg --purge cupcheck', { timeoutMs: 900_000 });
    await station.bench.until('the lamps are dark', 30_000, () => station.bench.dark);
    for (const gone of remains) await station.machine.must(gone);
    return { times: 1, light: 'dark', journal: 'removed, with all that was the station’s' };
  },
};

import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { compiled } from '../../fixtures/compiled.js';
import { HostStation } from '../../fixtures/update/host-station.js';
import { asked } from '../../fixtures/update/station-at-work.js';
import type { BundleState } from '../../../src/daemon/bundles/bundle-state.js';

const examples = fileURLToPath(new URL('../../../docs/examples/fleet', import.meta.url));
const hasAnsible = spawnSync('ansible-playbook', ['--version']).status === 0;
const why = hasAnsible ? '' : ' (skipped: there is no ansible-playbook here)';

it.skipIf(!hasAnsible)(
  `the playbooks of docs/fleet.md update stations, canaries first, and keep the bundle${why}`,
  async () => {
    const station = await HostStation.start();
    onTestFinished(() => station.stop());
    const plays = join(station.folder, 'fleet');
    cpSync(examples, plays, { recursive: true });
    const command = join(plays, 'cupcheck');
    const main = fileURLToPath(compiled('cli/main.ts'));
    writeFileSync(command, `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`);
    chmodSync(command, 0o755);
    // Both hosts are this machine and its one station: the second finds everything done.
    const inventory = join(plays, 'two.ini');
    writeFileSync(inventory, '[stations:children]\ncanary\nrest\n[canary]\nline-1\n[rest]\nline-2\n');
    const env = {
      ...process.env,
      PATH: `${plays}:${process.env['PATH'] ?? ''}`,
      CUPCHECK_CONFIG: station.live.configPath,
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_LOCALHOST_WARNING: 'False',
      LC_ALL: 'C.UTF-8',
    };
    const play = (name: string, ...variables: string[]): Promise<{ code: number; said: string }> =>
      new Promise((resolve) => {
        const each = ['ansible_connection=local', 'ansible_become=false', 'canary_minutes=0', ...variables];
        const words = ['-i', inventory, join(plays, name), ...each.flatMap((one) => ['-e', one])];
        execFile('ansible-playbook', words, { env, cwd: plays }, (error, out, err) =>
          resolve({ code: error === null ? 0 : Number(error.code), said: out + err }),
        );
      });

    const bad = await station.make('wrong shape');
    const refused = await play('update.yaml', `archive=${bad.path}`, `bundle=${bad.name}`);
    expect(refused.code, refused.said).not.toBe(0);
    expect(refused.said).toContain('BUNDLE_REJECTED');
    expect(refused.said).toMatch(/line-2 .*ok=0 .*failed=0|^(?![\s\S]*line-2 +:)/);
    expect((await station.rightCup()).bundle?.sha256).toBe(station.old);

    const good = await station.make('good');
    const variables = [`archive=${good.path}`, `bundle=${good.name}`];
    const updated = await play('update.yaml', ...variables);
    expect(updated.code, updated.said).toBe(0);
    expect(updated.said).toMatch(/line-1 +: ok=\d+ +changed=3 /);
    expect(updated.said).toMatch(/line-2 +: ok=\d+ +changed=0 /);
    expect((await station.rightCup()).bundle?.sha256).toBe(good.sha256);
    const kept = await play('commit.yaml', ...variables);
    expect(kept.code, kept.said).toBe(0);
    const { document } = await asked<{ document: BundleState }>(station, 'bundle', 'list');
    expect(document).toMatchObject({ active: { bundle: good.sha256 }, trial: null });
  },
  600_000,
);

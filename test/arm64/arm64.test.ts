import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PictureDocument } from '../../src/cli/judge.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';
import { assortedCups, camera, writeCups } from '../system/cups.js';
import { judgedOnHost, verdictOf } from '../system/judged-on-host.js';
import { Machine } from '../system/machine.js';
import { seeingDetector } from '../system/seeing-detector.js';

const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run scripts/test-arm64.sh`);
  return value;
};
const image = variable('ARM64_IMAGE');
const deb = variable('ARM64_PACKAGE');
const cups = assortedCups(10);
/** Emulation of another processor is slower still. */
const timeoutMs = 1_800_000;
const program = '/usr/lib/cupcheck';

const share = mkdtempSync(join(tmpdir(), 'cupcheck-arm64-'));
const disk = `${share}.qcow2`;
let machine: Machine;

beforeAll(async () => {
  writeTinyBundle(join(share, 'bundle'), seeingDetector);
  writeCups(join(share, 'cups'), cups);
  copyFileSync(deb, join(share, basename(deb)));
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', join(image, 'root.ext4'), '-F', 'raw', disk]);
  machine = await Machine.start({ image, disk, share, arch: 'arm64' });
});
afterAll(async () => {
  await machine?.remove();
  rmSync(share, { recursive: true });
  rmSync(disk, { force: true });
});

/** The board has a chip with lines, which have no names; nothing is wired to them. */
const config = 'trigger: {gpio: {line: 0}}\nlight: {gpio: {green: 1, amber: 2}}\n';
const slow = '[Service]\nWatchdogSec=120\nTimeoutStartSec=900\n';
const units = ['cupcheck-light.service', 'cupcheck.service'];

it('the package is installed by dpkg, and its services are up', async ({ task }) => {
  expect((await machine.must('dpkg --print-architecture; uname -m')).trim().split('\n')).toEqual(['arm64', 'aarch64']);
  await machine.must(`dpkg --install /host/${basename(deb)}`, { timeoutMs });
  writeFileSync(join(share, 'config.yaml'), config);
  writeFileSync(join(share, 'slow.conf'), slow);
  const into = units.map((unit) => `install -D -m 644 /host/slow.conf /etc/systemd/system/${unit}.d/slow.conf`);
  await machine.must(
    ['cp /host/config.yaml /etc/cupcheck/config.yaml', ...into, 'systemctl daemon-reload'].join(' && '),
  );
  await machine.must('systemctl restart cupcheck.target', { timeoutMs });
  // Each says that it is up before systemd calls it so.
  await machine.must(`systemctl start ${units.join(' ')}`, { timeoutMs });
  for (const unit of units) {
    const state = (await machine.must(`systemctl show --value --property=ActiveState ${unit}`)).trim();
    expect(`${unit} ${state}`).toBe(`${unit} active`);
  }
  task.meta.row = { done: task.name, times: 1, light: '', journal: 'both units active; no camera, so in fault' };
});

it('doctor examines the board', async ({ task }) => {
  const { code, stdout } = await machine.run('cupcheck doctor', { timeoutMs });
  console.log(stdout);
  // There is no camera: it says so.
  expect(code).toBe(1);
  const document = await machine.run('cupcheck doctor --json', { timeoutMs });
  const { findings } = JSON.parse(document.stdout) as { findings: { check: string; state: string }[] };
  const stateOf = (name: string) => findings.find(({ check }) => check === name)?.state;
  expect([stateOf('light'), stateOf('trigger'), stateOf('camera')]).toEqual(['ok', 'ok', 'fail']);
  const failed = findings.filter(({ state }) => state === 'fail').length;
  task.meta.row = { done: task.name, times: findings.length, light: '', journal: `${failed} of its checks fail` };
});

it('the addon crops by NEON, under the Node of the package', async ({ task }) => {
  const ask = [
    `const addon = require('${program}/build/Release/cupcheck.node')`,
    'console.log(JSON.stringify([process.arch, process.version, addon.cropPath(0), addon.cropPath(2), addon.cropPath(3)]))',
  ].join('; ');
  const said = await machine.must(`${program}/bin/node -e "${ask}"`, { timeoutMs });
  const [arch, version, fastest, avx2, neon] = JSON.parse(said) as string[];
  expect([arch, fastest, avx2, neon]).toEqual(['arm64', 'neon', null, 'neon']);
  task.meta.row = { done: task.name, times: 1, light: '', journal: `Node ${version}, path ${fastest}` };
});

it('cups are judged as on this machine, by the same bundle', async ({ task }) => {
  const names = cups.map(({ name }) => `${name}.jpg`);
  const expected = await judgedOnHost(join(share, 'cups'), names, join(share, 'bundle'));
  const args = `--json --expect red --count 3 --px-per-mm ${camera.pxPerMm} --reference /host/cups/empty.jpg --bundle /host/bundle`;
  const pictures = names.map((name) => `/host/cups/${name}`).join(' ');
  const { stdout, stderr } = await machine.run(`cupcheck judge ${args} ${pictures}`, { timeoutMs });
  const documents = stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as PictureDocument);
  expect(documents.length, stderr).toBe(names.length);
  for (const [at, document] of documents.entries()) {
    if ('error' in document) throw new Error(`${document.image}: ${document.error.message}`);
    expect(verdictOf(document), names[at]).toEqual(expected.get(names[at] ?? ''));
  }
  const greens = [...expected.values()].filter(({ verdict }) => verdict === 'green').length;
  task.meta.row = {
    done: task.name,
    times: names.length,
    light: '',
    journal: `${greens} green, ${names.length - greens} amber, as on this machine`,
  };
});

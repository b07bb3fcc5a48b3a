import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { sizeText } from '../../../src/cli/layout.js';
import { LiveStation } from '../../fixtures/live-station.js';
import { documentsOf, runVerb, startVerb } from '../../fixtures/run-verb.js';

const password = 'hunter2-of-the-broker';
const username = 'line-user-7';
let station: LiveStation;

const secrets = mkdtempSync(join(tmpdir(), 'cupcheck-secrets-'));

beforeAll(async () => {
  const passwordFile = join(secrets, 'broker-password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  // The broker is not there: the log and the status say so, and must not say with what the station would enter.
  station = await LiveStation.start({
    config: {
      mqtt: { enabled: true, url: 'mqtt://127.0.0.1:1', username, passwordFile },
      images: { keepAmbers: true },
    },
  });
  await station.whenReady();
  for (let cup = 0; cup < 3; cup++) await station.cup();
}, 240_000);
afterAll(async () => {
  await station.stop();
  rmSync(secrets, { recursive: true });
});

/** Makes a support bundle and lays its files into a folder. */
async function unpacked(name: string, ...options: string[]) {
  const out = join(station.folder, `${name}.tar.gz`);
  const ended = await runVerb(station.configPath, 'support-bundle', '--out', out, ...options);
  const folder = join(station.folder, name);
  mkdirSync(folder);
  execFileSync('tar', ['-xzf', out, '-C', folder, '--strip-components=1']);
  const texts = new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]));
  const text = (file: string) => String(texts.get(file) ?? '');
  return {
    ended,
    out,
    files: [...texts.keys()].sort(),
    text,
    all: Buffer.concat([...texts.values()]).toString('latin1'),
  };
}

it('gathers what helps, for its owner alone, without a secret', async () => {
  const { ended, out, files, text, all } = await unpacked('running', '--last', '2', '--pictures');
  expect(ended.code).toBe(0);
  // On a slow machine it tells what it is at.
  for (const line of ended.err.trimEnd().split('\n'))
    expect(['', ...files, 'pictures', 'writing']).toContain(line.replace(/, \d+ s$/, ''));
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const [config, ambers] = [JSON.parse(text('config.json')), text('ambers.jsonl').trim().split('\n')] as const;
  expect(config).toMatchObject({ ok: true, values: { 'mqtt.username': { value: '(removed)' } } });
  expect(JSON.parse(text('versions.json'))).toMatchObject({ onnxruntime: '1.30.0', bundle: { name: 'first' } });
  expect(JSON.parse(text('status.json'))).toMatchObject({ station: 'live', health: 'ready' });
  expect(JSON.parse(text('journal.json'))).toMatchObject({
    cups: 3,
    verdicts: [{ verdict: 'amber', light: 'amber', cups: 3 }],
    reasons: [{ reason: 'no_order', cups: 3 }],
    waiting: 3,
  });
  expect(ambers.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([2, 3]);
  expect(files).toEqual(expect.arrayContaining(['cup-2.jpg', 'cup-3.jpg', 'doctor.txt', 'MANIFEST.txt']));
  expect(text('doctor.txt')).toMatch(/^ok +journal +3 rows/m);
  for (const secret of [password, username, 'broker-password']) expect(all).not.toContain(secret);
  // What it says at its end is what its manifest says.
  const said = ended.out.replace(/\s+/g, ' ');
  expect(said).toContain(`Wrote ${out}: ${sizeText(statSync(out).size)}, ${files.length} files.`);
  expect(said).toContain('secrets: values of mqtt.username, mqtt.passwordFile, mqtt.key');
  expect(text('MANIFEST.txt').replace(/\s+/g, ' ')).toContain('The station answered. What is in it');
  for (const line of ended.out.split('\n').filter((line) => line.includes(' ') && !line.includes('/')))
    expect(line.length, line).toBeLessThanOrEqual(80);
});

it('leaves pictures out where nobody asked for them', async () => {
  const { files, ended } = await unpacked('plain', '--json');
  expect(files.filter((file) => file.endsWith('.jpg'))).toEqual([]);
  const [document] = documentsOf(ended);
  expect(document).toMatchObject({
    leftOut: expect.arrayContaining([{ what: 'pictures', why: 'not asked for: --pictures' }]) as unknown,
  });
});

it('writes nothing when it is interrupted, and leaves no process behind', async () => {
  const programs = mkdtempSync(join(tmpdir(), 'cupcheck-programs-'));
  const [started, { PATH }] = [join(programs, 'started'), process.env];
  // A journalctl that never answers, in the place of the system's.
  writeFileSync(
    join(programs, 'journalctl'),
    `#!/bin/sh\necho $$ > ${started}.new; mv ${started}.new ${started}; exec sleep 300\n`,
    {
      mode: 0o755,
    },
  );
  process.env.PATH = `${programs}:${PATH}`;
  onTestFinished(() => {
    process.env.PATH = PATH;
    rmSync(programs, { recursive: true });
  });
  const verb = startVerb(station.configPath, 'support-bundle', '--out', join(station.folder, 'never.tar.gz'));
  await expect.poll(() => existsSync(started), { timeout: 60_000 }).toBe(true);
  verb.kill('SIGINT');
  expect(await verb.ended).toMatchObject({ signal: 'SIGINT', out: '', err: 'Interrupted: nothing was written.\n' });
  expect(readdirSync(station.folder).filter((name) => name.startsWith('never'))).toEqual([]);
  const child = Number(readFileSync(started, 'utf8'));
  await expect.poll(() => existsSync(`/proc/${child}`), { timeout: 10_000 }).toBe(false);
});

// Last: the station is stopped.
it('is made where the station is down, and says so', async () => {
  await station.stopCore();
  const { ended, files, text } = await unpacked('down');
  expect(ended.code).toBe(0);
  expect(files).not.toContain('status.json');
  expect(text('MANIFEST.txt')).toContain('The station did not answer');
  expect(text('MANIFEST.txt').replace(/\s+/g, ' ')).toMatch(/status\.json: .*no station runs there/);
  expect(JSON.parse(text('journal.json'))).toMatchObject({ cups: 3 });
});

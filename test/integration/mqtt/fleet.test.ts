import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { commandHelps } from '../../../src/cli/reference/cli-reference.js';
import type { InfoDocument } from '../../../src/daemon/mqtt/documents.js';
import { verbs } from '../../../src/daemon/mqtt/topics.js';
import { Mosquitto, publishTo } from '../../fixtures/mosquitto.js';
import { info, PublishedStation } from '../../fixtures/published-station.js';
import { schemaProblems } from '../../fixtures/schemas.js';

// The list waits 3 s for what is retained; the machine may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const docs = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const page = docs('fleet.md');
const commands = [...page.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, text = '']) => text.trim().split('\n'));
/** A command of the page, by what stands in it. */
const ofPage = (part: string): string => {
  const found = commands.find((command) => command.includes(part));
  if (found === undefined) throw new Error(`docs/fleet.md has no command with ${part}`);
  return found;
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-fleet-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function shell(command: string, path = ''): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn('sh', ['-c', command], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: `${path}${delimiter}${process.env.PATH ?? ''}` },
  });
  let out = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out };
}

describe('who is left behind', () => {
  let broker: Mosquitto;
  let station: PublishedStation;
  beforeEach(async () => {
    broker = await Mosquitto.start();
    station = await PublishedStation.open();
  });
  afterEach(async () => {
    await station.close();
    await broker.remove();
  });

  it('is listed by one line of the page, from what the broker retains', async ({ skip }) => {
    if ((await shell('command -v jq')).code !== 0) skip('jq is not installed here');
    const wanted = { name: 'coins', version: '2.1.0', sha256: `d4ec5ea3b872${'0'.repeat(52)}` };
    // A real publisher; the others have been there before, as documents that are retained.
    station.publish({ url: broker.url });
    await expect.poll(() => station.publisher?.connected ?? false, { timeout: 60_000 }).toBe(true);
    const others: readonly Partial<InfoDocument>[] = [
      { station: 'line-2', bundle: wanted },
      { station: 'line-3', bundle: wanted, trial_until: '2026-11-29T15:18:00.000Z' },
      { station: 'line-4', bundle: null, signed_by: null, designs: [] },
      {
        station: 'line-5',
        bundle: { ...wanted, version: '2.2.0', sha256: 'e'.repeat(64) },
        trial_until: '2026-11-29T15:18:00.000Z',
      },
    ];
    for (const changes of others) {
      const document = { ...info, ...changes };
      expect(schemaProblems('info', document)).toEqual([]);
      await publishTo(broker, `cupcheck/${document.station}/info`, JSON.stringify(document), ['-r']);
    }
    // One of a version before this one says neither who signed nor until when.
    const { signed_by: _, trial_until: __, ...before } = info;
    expect(schemaProblems('info', before)).toEqual([]);
    await publishTo(broker, 'cupcheck/line-6/info', JSON.stringify({ ...before, station: 'line-6' }), ['-r']);

    const { out } = await shell(ofPage('jq -r').replace('-h broker', `-h 127.0.0.1 -p ${broker.port}`));
    expect(out.trim().split('\n').sort()).toEqual([
      'line-1\tfirst 1.0.0\tworkshop\tcommitted',
      'line-4\tnone \tunsigned\tcommitted',
      'line-5\tcoins 2.2.0\tworkshop\t2026-11-29T15:18:00.000Z',
      'line-6\tfirst 1.0.0\tunsigned\tcommitted',
    ]);
  });
});

it('no message changes which bundle judges', () => {
  expect([...verbs].sort()).toEqual(['order', 'resolve', 'selftest', 'status', 'trigger']);
});

it('the loop of the page reaches every host, and lists those that failed', async () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(folder, 'stations.txt'), 'line-1\nline-2\nline-3\n');
  // What stands in for ssh says what it was asked; line-2 refuses.
  const stand = (name: string, text: string) => writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  stand('scp', 'echo "scp $*"');
  stand('ssh', 'echo "ssh $*"; case "$*" in *line-2*) exit 1;; esac');
  const loop = ofPage('scp -qC');
  await shell(loop, bin);
  expect(readFileSync(join(folder, 'failed.txt'), 'utf8')).toBe('line-2\n');
  expect(
    readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .sort(),
  ).toEqual(['line-1.log', 'line-2.log', 'line-3.log']);
  expect(readFileSync(join(folder, 'line-3.log'), 'utf8')).toContain(
    'line-3 sudo cupcheck bundle activate --file /tmp/coins-2.1.0.tar',
  );
});

describe('the playbooks', () => {
  const playbooks = ['inventory.yaml', 'update.yaml', 'one-station.yaml', 'well.yaml', 'commit.yaml'];
  const known = commandHelps(true).map(({ name }) => name);

  it('are YAML, include what is there, and name verbs that the program has', () => {
    const texts = playbooks.map((name) => docs(`examples/fleet/${name}`));
    for (const text of texts) expect(parse(text)).toBeTypeOf('object');
    const included = texts.flatMap((text) => [...text.matchAll(/include_tasks: (\S+)/g)].map(([, name]) => name));
    expect(playbooks).toEqual(expect.arrayContaining(included));
    const argvs = texts.flatMap((text) =>
      [...text.matchAll(/argv: \[(.*)\]/g)].map(([, list = '']) => list.split(', ')),
    );
    expect(argvs.length).toBeGreaterThan(3);
    for (const [program, verb = '', second = ''] of argvs) {
      expect(program).toBe('cupcheck');
      expect(known).toContain(verb === 'bundle' ? `cupcheck bundle ${second}` : `cupcheck ${verb}`);
    }
  });

  it('and the page asks for nothing that the program does not have', () => {
    for (const [, verb = ''] of page.matchAll(/cupcheck (bundle [a-z]+|status)/g))
      expect(known).toContain(`cupcheck ${verb}`);
  });
});

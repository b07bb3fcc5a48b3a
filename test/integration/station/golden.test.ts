import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runCli } from '../../../src/cli/program.js';
import { packBundle } from '../../../src/daemon/bundles/pack.js';
import { installBundle } from '../../../src/daemon/bundles/store.js';
import type { GoldenRecord } from '../../../src/daemon/golden/golden-record.js';
import { readSignedManifest } from '../../../src/pipeline/bundle/read-manifest.js';
import { demoFolder, LiveStation } from '../../fixtures/live-station.js';
import { keyPair, trusting, writeSignedBundle } from '../../fixtures/signed-bundle.js';

const pair = keyPair();
const trust = trusting(pair);
const good = join(demoFolder, '01-oak-mark.jpg');
const impostor = join(demoFolder, '03-impostor.jpg');

it('golden pictures of a running station: the self-test holds them, a changed one makes cups amber, a worse bundle is rejected', async () => {
  const station = await LiveStation.start({ judge: 'real' });
  onTestFinished(() => station.stop());
  const at = (...names: string[]) => join(station.folder, ...names);
  mkdirSync(at('trusted.d'));
  writeFileSync(at('trusted.d', 'workshop.pub'), pair.publicPem);
  writeSignedBundle(at('worse'), pair, '9.0.0');
  const worse = await installBundle(
    packBundle(at('worse'), await readSignedManifest(at('worse'), trust)),
    at('state', 'bundles'),
    trust,
  );
  await station.stopCore();
  station.configure(undefined, {
    // As long as it takes beside whatever else this machine does.
    station: { name: 'live', deadlineMs: 10_000, settleMs: 0, frameTimeoutMs: 8000, faultRetryMs: 500, watchMs: 100 },
    infer: { timeoutMs: 60_000 },
    images: { keepAmbers: true, keepGreensShare: 1 },
    bundle: { trusted: at('trusted.d') },
  });
  await station.startCore();
  await station.whenReady();
  const verb = async (...argv: string[]) => {
    const [out, err]: [string[], string[]] = [[], []];
    const terminal = {
      out: (line: string) => void out.push(line),
      err: (line: string) => void err.push(line),
      colour: false,
    };
    const code = await runCli(argv, terminal, { CUPCHECK_CONFIG: station.configPath });
    return { code, out: out.join('\n'), err: err.join('\n') };
  };
  const goodCup = async () => {
    await station.order(1, 'oak-mark', 6);
    return station.cup(good);
  };

  expect((await verb('selftest', 'run')).out).toContain('No golden picture is kept');
  const first = await goodCup();
  expect(first.reasons).toEqual([]);
  await station.order(1, 'harbour-2021', 5);
  const second = await station.cup(impostor);
  expect(second.verdict).toBe('amber');
  const kept = () =>
    readdirSync(at('state', 'images'), { recursive: true }).filter((name) => String(name).endsWith('.jpg'));
  await station.until('both pictures are kept', () => Promise.resolve(kept().length === 2 || null));

  expect(await verb('golden', 'add', String(first.seq), '--truth', 'ok')).toMatchObject({ code: 0, err: '' });
  expect(await verb('golden', 'add', String(second.seq), '--truth', 'wrong')).toMatchObject({ code: 0, err: '' });
  const passed = await verb('selftest', 'run');
  expect(passed).toMatchObject({ code: 0 });
  expect(passed.out).toMatch(/^ok {4}cup 1 {2}green, scores within 0\.0000$/m);
  expect(passed.out).toMatch(/^ok {4}cup 2 {2}amber, as it must be, scores within 0\.0000$/m);
  expect((await station.status()).selftest).toMatchObject({ pictures: 2, doubt: null, last: { outcome: 'passed' } });
  expect((await goodCup()).reasons).toEqual([]);

  const recordPath = at('state', 'golden', `${first.id}.json`);
  const text = readFileSync(recordPath, 'utf8');
  const record = JSON.parse(text) as GoldenRecord;
  const items = record.recorded.items.map((item, index) => (index === 2 ? { ...item, score: 0.9 } : item));
  writeFileSync(recordPath, JSON.stringify({ ...record, recorded: { ...record.recorded, items } }));
  const failed = await verb('selftest', 'run');
  expect(failed.code).toBe(1);
  expect(failed.out).toMatch(/^FAIL {2}cup 1 /m);
  expect((await goodCup()).reasons).toEqual([
    { reason: 'selftest_overdue', detail: expect.stringContaining('a score differs') as string },
  ]);
  expect((await verb('status')).out).toContain('CUPS ARE AMBER');
  // A restart forgets nothing of it.
  await station.stopCore('SIGKILL');
  await station.startCore();
  await station.whenReady();
  expect((await station.status()).selftest?.doubt).toContain('cup 1');
  writeFileSync(recordPath, text);
  expect((await verb('selftest', 'run')).code).toBe(0);
  expect((await goodCup()).reasons).toEqual([]);

  await expect(station.ask('bundle.activate', { bundle: worse.sha256 })).rejects.toMatchObject({
    code: 'BUNDLE_REJECTED',
    message: expect.stringMatching(/1 of 2 golden pictures speak against it: cup 1: it is right, was green/) as string,
  });
  expect((await goodCup()).reasons).toEqual([]);
}, 240_000);

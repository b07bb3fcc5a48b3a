import { type BundleState, noState, ofConfig } from '../../../src/daemon/bundles/bundle-state.js';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import stringWidth from 'string-width';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { archiveName, packBundle } from '../../../src/daemon/bundles/pack.js';
import { ControlServer } from '../../../src/daemon/control/server.js';
import { type BundleControl, type StationControl, stationVerbs } from '../../../src/daemon/control/station-verbs.js';
import type { UpdateAnswer } from '../../../src/daemon/update/bundle-updates.js';
import { CupcheckError } from '../../../src/errors.js';
import { readSignedManifest } from '../../../src/pipeline/bundle/read-manifest.js';
import { keyPair, trusting, writeSignedBundle } from '../../fixtures/signed-bundle.js';
import { runBundleVerb, type VerbRun } from '../../fixtures/verb-at.js';

// Each installation waits for the disk some twenty times, and the disk may be busy.
vi.setConfig({ testTimeout: 60_000 });

const pair = keyPair();
let root = '';
const at = (...names: string[]) => join(root, ...names);
let digests: Readonly<Record<string, string>> = {};

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-update-verbs-'));
  writeFileSync(at('config.yaml'), '');
  mkdirSync(at('trusted.d'));
  writeFileSync(at('trusted.d', 'workshop.pub'), pair.publicPem);
  const found: Record<string, string> = {};
  for (const version of ['1.0.0', '2.0.0', '3.0.0']) {
    writeSignedBundle(at(version), pair, version);
    const signed = await readSignedManifest(at(version), trusting(pair));
    const pieces: Uint8Array[] = [];
    for await (const piece of packBundle(at(version), signed)) pieces.push(Buffer.from(piece));
    writeFileSync(at(archiveName(signed)), Buffer.concat(pieces));
    found[version] = signed.sha256;
  }
  digests = found;
});
afterEach(() => rmSync(root, { recursive: true }));

const bundle = (...argv: string[]): Promise<VerbRun> => runBundleVerb(root, argv);
/** What was said, without the breaks of its lines. */
const said = ({ out }: VerbRun) => out.replaceAll('\n    ', ' ');
const documentOf = ({ out }: VerbRun) => JSON.parse(out) as Record<string, unknown>;
const statePath = () => at('state', 'bundle-state.json');
const kept = () => JSON.parse(readFileSync(statePath(), 'utf8')) as BundleState;
const serving = (version: string) => ({
  bundle: digests[version] ?? '',
  name: 'tiny',
  version,
  galleries: {},
  engine: null,
});

describe('where no station runs', () => {
  it('activate stages, commit and rollback change the document, each twice in a row harmless, and say so', async () => {
    await bundle('install', at('tiny-1.0.0.tar'));
    const staged = await bundle('activate', 'tiny-1.0.0');
    expect(staged).toMatchObject({ code: 0, err: '' });
    expect(said(staged)).toContain('tiny 1.0.0 is staged. The station does not run');
    expect(kept().candidate).toMatchObject({ bundle: digests['1.0.0'], step: 'staged' });
    expect(documentOf(await bundle('activate', 'tiny-1.0.0', '--json'))).toMatchObject({ outcome: 'nothing_to_do' });
    expect((await bundle('list')).out).toContain('tiny 1.0.0 is proved when the station starts.');
    expect(documentOf(await bundle('rollback', '--json'))).toMatchObject({
      outcome: 'withdrawn',
      active: { bundle: null },
    });
    expect((await bundle('rollback')).out).toContain('Nothing to do');

    const trial = { since: '2030-01-01T00:00:00Z', until: '2030-01-02T00:00:00Z', before: null };
    const active = serving('1.0.0');
    writeFileSync(statePath(), JSON.stringify({ ...kept(), active, previous: ofConfig({}), trial, outcomes: [] }));
    const { out } = await bundle('list');
    expect(out).toMatch(/^\* [0-9a-f]{12} {2}tiny 1\.0\.0 {2}\d+\.\d kB {2}workshop {2}on trial$/m);
    expect(out).toContain('tiny 1.0.0 is on trial until 2030-01-02 00:00 UTC');
    const committed = await bundle('commit');
    expect(said(committed)).toContain('goes back to the bundle of the config');
    expect(said(committed)).toContain('The station does not run');
    expect((await bundle('commit')).out).toContain('Nothing to do');
    expect((await bundle('rollback')).out).toContain('The bundle of the config judges again.');
    expect((await bundle('list')).out).toContain('was rolled back at');
  });

  it('a rollback that brings back another gallery says what that means', async () => {
    await bundle('install', at('tiny-1.0.0.tar'));
    const galleries = { ['f'.repeat(64)]: { gallery: 'e'.repeat(64), when: '2030-01-01T00:00:00Z', who: 'ann' } };
    const active = { ...serving('1.0.0'), galleries };
    writeFileSync(statePath(), JSON.stringify({ ...noState, active, previous: ofConfig({}) }));
    const back = said(await bundle('rollback'));
    expect(back).toContain('The bundle of the config judges again.');
    expect(back).toContain('What was taught since confirms nothing until: cupcheck recalibrate');
    writeFileSync(statePath(), JSON.stringify({ ...noState, active, previous: ofConfig(galleries) }));
    expect(said(await bundle('rollback'))).not.toContain('taught');
  });

  it('activate takes an archive, and the start of a digest; what is not there is told', async () => {
    const found = documentOf(await bundle('activate', '--file', at('tiny-2.0.0.tar'), '--json'));
    expect(found).toMatchObject({ outcome: 'staged', station: false, candidate: { version: '2.0.0' } });
    await bundle('install', at('tiny-1.0.0.tar'));
    expect((await bundle('activate', digests['1.0.0']?.slice(0, 8) ?? '')).out).toContain('tiny 1.0.0 is staged');
    for (const meant of ['tiny-9', 'abcdef', '../tiny', 'a'.repeat(64)]) {
      const refused = await bundle('activate', meant);
      expect(refused).toMatchObject({ code: 2, out: '' });
      expect(refused.err).toContain('(BUNDLE_UNKNOWN)');
    }
    expect((await bundle('activate')).err).toContain('USAGE');
    expect((await bundle('activate', 'tiny-1.0.0', '--file', at('tiny-1.0.0.tar'))).err).toContain('USAGE');
  });

  it('nothing is staged that is damaged or not trusted any more', async () => {
    await bundle('install', at('tiny-1.0.0.tar'));
    writeFileSync(at('state', 'bundles', digests['1.0.0'] ?? '', 'gallery.f32'), 'x');
    expect((await bundle('activate', 'tiny-1.0.0')).err).toContain('(BUNDLE_DIGEST)');
    await bundle('install', at('tiny-2.0.0.tar'));
    rmSync(at('trusted.d', 'workshop.pub'));
    expect((await bundle('activate', 'tiny-2.0.0')).err).toContain('(BUNDLE_UNTRUSTED)');
    expect(readdirSync(at('state'))).toEqual(['bundles']);
  });

  it('a document that is damaged is an error with a way out, and nothing is guessed', async () => {
    await bundle('install', at('tiny-1.0.0.tar'));
    writeFileSync(statePath(), '{');
    for (const argv of [['list'], ['activate', 'tiny-1.0.0'], ['commit'], ['rollback'], ['prune']])
      expect((await bundle(...argv)).err).toContain('(BUNDLE_STATE)');
    expect(readdirSync(at('state', 'bundles'))).toEqual([digests['1.0.0']]);
  });

  it('prune keeps the active bundle, the one before, what is on its way, and the one of the config', async () => {
    for (const version of ['1.0.0', '2.0.0', '3.0.0']) await bundle('install', at(`tiny-${version}.tar`));
    const [one, two, three] = [serving('1.0.0'), serving('2.0.0'), serving('3.0.0')];
    const candidate = {
      bundle: three.bundle,
      name: 'tiny',
      version: '3.0.0',
      step: 'staged',
      since: '2030-01-01T00:00:00Z',
    };
    const state = { schema: 1, active: one, previous: two, trial: null, candidate, outcomes: [] };
    writeFileSync(statePath(), JSON.stringify(state));
    expect((await bundle('prune')).out).toContain('Nothing to do: 3 bundles');
    writeFileSync(statePath(), JSON.stringify({ ...state, previous: null, candidate: null }));
    const config = `bundle.path=${at('state', 'bundles', two.bundle)}`;
    const { out, code } = await bundle('prune', '--set', config);
    expect({ out, code }).toEqual({
      out: expect.stringMatching(/^Removed 1 bundle, kept 2:\n {2}[0-9a-f]{12} {2}tiny 3\.0\.0/) as string,
      code: 0,
    });
    expect(readdirSync(at('state', 'bundles')).sort()).toEqual([one.bundle, two.bundle].sort());
    expect(documentOf(await bundle('prune', '--json', '--set', config))).toMatchObject({ removed: [] });
  });

  it('every line fits into 80 columns', async () => {
    await bundle('install', at('tiny-1.0.0.tar'));
    const runs = [
      await bundle('activate', 'tiny-1.0.0'),
      await bundle('list'),
      await bundle('rollback'),
      await bundle('list'),
      await bundle('prune'),
      await bundle('activate', 'tiny-9'),
      ...(await Promise.all(['activate', 'commit', 'rollback', 'prune'].map((verb) => bundle(verb, '--help')))),
    ];
    const lines = runs.flatMap(({ out, err }) => `${out}\n${err}`.split('\n'));
    expect(lines.filter((line) => stringWidth(line) > 80 && !line.includes(root))).toEqual([]);
  });
});

describe('where a station runs', () => {
  const answer = (outcome: UpdateAnswer['outcome'], until: string | null = null): UpdateAnswer => ({
    outcome,
    active: serving('1.0.0'),
    previous: ofConfig({}),
    until,
    ms: 12,
  });

  async function withStation(bundles: Partial<BundleControl>, run: () => Promise<void>): Promise<void> {
    const control = new ControlServer({
      socketPath: at('control.sock'),
      group: 'cupcheck-nobody',
      verbs: stationVerbs({ bundles } as unknown as StationControl),
      log: pino({ level: 'silent' }),
    });
    await control.start();
    try {
      await run();
    } finally {
      await control.close();
    }
  }

  it('it is asked, its progress is shown, and the document is its own', async () => {
    await bundle('install', at('tiny-1.0.0.tar'));
    const asked: string[] = [];
    const bundles: BundleControl = {
      activate: (sha256, emit) => {
        asked.push(sha256);
        emit({ step: 'loading' });
        emit({ step: 'proved', by: 'live picture', found: 'judged in 40 ms' });
        return Promise.resolve(answer('activated', '2030-01-02T00:00:00Z'));
      },
      serve: () => Promise.resolve(answer('serving')),
      calibrate: () => Promise.resolve(),
      commit: () => Promise.resolve(answer('committed')),
      rollback: () => Promise.resolve(answer('rolled_back')),
    };
    await withStation(bundles, async () => {
      const activated = await bundle('activate', 'tiny-1.0.0');
      expect(activated).toMatchObject({
        code: 0,
        err: expect.stringContaining('live picture: judged in 40 ms') as string,
      });
      expect(activated.out).toMatch(/^tiny 1\.0\.0 judges\.\ntiny 1\.0\.0 is on trial until 2030-01-02 00:00 UTC/);
      const quiet = await bundle('activate', 'tiny-1.0.0', '--json');
      expect(quiet.err).toBe('');
      expect(documentOf(quiet)).toMatchObject({ outcome: 'activated', station: true });
      expect((await bundle('commit')).out).toContain('tiny 1.0.0 is committed');
      expect((await bundle('rollback')).out).toBe('tiny 1.0.0 judges again, after 12 ms.');
    });
    expect(asked).toEqual([digests['1.0.0'], digests['1.0.0']]);
    expect(readdirSync(at('state'))).toEqual(['bundles']);
  });

  it('a bundle that it rejects ends with 1, and with the reason', async () => {
    await bundle('install', at('tiny-1.0.0.tar'));
    const activate = () => Promise.reject(new CupcheckError('BUNDLE_REJECTED', 'tiny 1.0.0: too slow'));
    await withStation({ activate }, async () => {
      const { code, err } = await bundle('activate', 'tiny-1.0.0');
      expect(code).toBe(1);
      expect(err).toContain('tiny 1.0.0: too slow');
    });
  });

  it('that ends during the request is not taken for none', async () => {
    await bundle('install', at('tiny-1.0.0.tar'));
    const control = new ControlServer({
      socketPath: at('control.sock'),
      group: 'cupcheck-nobody',
      verbs: stationVerbs({
        bundles: {
          activate: async () => {
            await control.close();
            return answer('activated');
          },
        },
      } as unknown as StationControl),
      log: pino({ level: 'silent' }),
    });
    await control.start();
    expect((await bundle('activate', 'tiny-1.0.0')).code).toBe(3);
    expect(readdirSync(at('state'))).toEqual(['bundles']);
  });
});

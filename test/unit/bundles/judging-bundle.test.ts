import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type BundleState, noState, type Judging, type NamedBundle } from '../../../src/daemon/bundles/bundle-state.js';
import { keepBundleState, readBundleState } from '../../../src/daemon/bundles/bundle-state-file.js';
import {
  installedPlace,
  judgingPlace,
  placeOfJudging,
  startBundles,
  verifyPlace,
} from '../../../src/daemon/bundles/judging-bundle.js';
import { packBundle } from '../../../src/daemon/bundles/pack.js';
import { installBundle } from '../../../src/daemon/bundles/store.js';
import { shippedBundle } from '../../../src/daemon/config/shipped-bundle.js';
import { readSignedManifest } from '../../../src/pipeline/bundle/read-manifest.js';
import { keyPair, trusting, writeSignedBundle } from '../../fixtures/signed-bundle.js';

// Each installation waits for the disk some twenty times, and the disk may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const pair = keyPair();
type Serving = Judging & NamedBundle;

const now = new Date('2030-01-01T12:00:00Z');
let root = '';
const at = (...names: string[]) => join(root, ...names);
const configOf = (path: string | null = null) => ({
  bundle: {
    path,
    trusted: at('trusted.d'),
    allowUnsigned: 'shipped' as const,
    store: at('state', 'bundles'),
    commitWithinS: 3600,
    keepPrevious: true,
    trialCups: 5,
    trialFailures: 2,
  },
  state: { path: at('state') },
  gallery: { path: at('state', 'gallery') },
});

async function install(version: string): Promise<Serving> {
  writeSignedBundle(at(version), pair, version);
  const signed = await readSignedManifest(at(version), trusting(pair));
  const { sha256 } = await installBundle(packBundle(at(version), signed), at('state', 'bundles'), trusting(pair));
  return { bundle: sha256, name: 'tiny', version, galleries: {}, engine: null };
}

let [one, two] = [] as unknown as [Serving, Serving];
let state: BundleState = noState;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-judging-'));
  mkdirSync(at('trusted.d'));
  writeFileSync(at('trusted.d', 'workshop.pub'), pair.publicPem);
  [one, two] = [await install('1.0.0'), await install('2.0.0')];
  state = { ...noState, active: two, previous: one };
  await keepBundleState(at('state'), state);
});
afterEach(() => rmSync(root, { recursive: true }));

const damage = ({ bundle }: Serving) => writeFileSync(at('state', 'bundles', bundle, 'gallery.f32'), 'x');
const starts = async () => (await startBundles(configOf(), now)).state.active;

it('the active bundle judges where it is whole, and nothing is written', async () => {
  const before = readFileSync(at('state', 'bundle-state.json'), 'utf8');
  expect(await starts()).toEqual(two);
  expect(readFileSync(at('state', 'bundle-state.json'), 'utf8')).toBe(before);
  expect((await judgingPlace(configOf())).folder).toBe(at('state', 'bundles', two.bundle));
});

it('one that is damaged, gone, or another one under its name makes way, and that is kept', async () => {
  damage(two);
  expect(await starts()).toEqual(one);
  expect(await readBundleState(configOf())).toMatchObject({
    active: one,
    previous: null,
    outcomes: [{ bundle: two.bundle, outcome: 'rolled_back', why: expect.stringContaining('gallery.f32') as string }],
  });
  rmSync(at('state', 'bundles', one.bundle), { recursive: true });
  expect((await starts()).bundle).toBeNull();
  writeSignedBundle(at('state', 'bundles', one.bundle), pair, '9.0.0');
  await keepBundleState(at('state'), { ...state, active: one, previous: null });
  expect((await starts()).bundle).toBeNull();
});

it('one whose key is not trusted any more makes way; a folder of keys that cannot be read decides nothing', async () => {
  writeFileSync(at('trusted.d', 'broken.pub'), 'no key');
  expect(await starts()).toEqual(two);
  rmSync(at('trusted.d'), { recursive: true });
  expect((await starts()).bundle).toBeNull();
});

it('an unsigned bundle of the store never passes for the shipped one', async () => {
  rmSync(at('state', 'bundles', two.bundle, 'manifest.json.sig'));
  await expect(verifyPlace(installedPlace(configOf(), two.bundle))).rejects.toMatchObject({ code: 'BUNDLE_UNSIGNED' });
  expect(placeOfJudging(configOf())).toMatchObject({ folder: shippedBundle, trust: { allowUnsigned: true } });
  expect(placeOfJudging(configOf('/mine'))).toMatchObject({
    folder: '/mine',
    trust: { allowUnsigned: false },
  });
});

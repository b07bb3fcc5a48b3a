import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { packBundle } from '../../../src/daemon/bundles/pack.js';
import { installBundle } from '../../../src/daemon/bundles/store.js';
import { askStation } from '../../../src/daemon/control/client.js';
import type { UpdateAnswer } from '../../../src/daemon/update/bundle-updates.js';
import { readSignedManifest } from '../../../src/pipeline/bundle/read-manifest.js';
import { LiveStation } from '../../fixtures/live-station.js';
import { keyPair, trusting, writeSignedBundle } from '../../fixtures/signed-bundle.js';
import { writeUpdate } from '../../fixtures/update/tiny-updates.js';
import { seeingDetector } from '../../system/seeing-detector.js';

const pair = keyPair();
const trust = trusting(pair);

/** Puts the bundle in `folder` into the store; returns its digest. */
async function install(folder: string, store: string): Promise<string> {
  const signed = await readSignedManifest(folder, trust);
  return (await installBundle(packBundle(folder, signed), store, trust)).sha256;
}

it('an update of a running station, with real processes: proved, on trial over a kill of core, rolled back; a bad one is rejected', async () => {
  const station = await LiveStation.start({ judge: 'real' });
  onTestFinished(() => station.stop());
  const at = (...names: string[]) => join(station.folder, ...names);
  mkdirSync(at('trusted.d'));
  writeFileSync(at('trusted.d', 'workshop.pub'), pair.publicPem);
  writeSignedBundle(at('one'), pair, '1.0.0');
  writeSignedBundle(at('two'), pair, '2.0.0');
  writeUpdate(at('bad'), 'wrong shape', { pair, detector: seeingDetector, slowLayers: 0 });
  const two = await install(at('two'), at('state', 'bundles'));
  const bad = await install(at('bad'), at('state', 'bundles'));
  await station.stopCore();
  station.configure(undefined, { bundle: { path: at('one'), trusted: at('trusted.d'), allowUnsigned: 'never' } });
  await station.startCore();
  await station.whenReady();
  const versionOf = async () => (await station.cup()).bundle?.version;
  expect(await versionOf()).toBe('1.0.0');

  await expect(station.ask('bundle.activate', { bundle: bad })).rejects.toMatchObject({ code: 'BUNDLE_REJECTED' });
  expect(await versionOf()).toBe('1.0.0');

  const steps: unknown[] = [];
  const activated = await askStation<UpdateAnswer>(
    station.socket,
    'bundle.activate',
    { bundle: two },
    { timeoutMs: null, onEvent: (event) => steps.push(event) },
  );
  expect(activated).toMatchObject({ outcome: 'activated', active: { bundle: two }, previous: { bundle: null } });
  expect(steps).toContainEqual({
    step: 'proved',
    by: 'live picture',
    found: expect.stringMatching(/^judged in/) as string,
  });
  expect(await versionOf()).toBe('2.0.0');

  await station.stopCore('SIGKILL');
  await station.startCore();
  await station.whenReady();
  expect(await versionOf()).toBe('2.0.0');
  expect((await station.status()).judge.trial_until).toBe(activated.until);

  const back = await station.ask<UpdateAnswer>('bundle.rollback');
  expect(back).toMatchObject({ outcome: 'rolled_back', active: { bundle: null } });
  expect(back.ms).toBeLessThan(2000);
  expect(await versionOf()).toBe('1.0.0');
}, 180_000);

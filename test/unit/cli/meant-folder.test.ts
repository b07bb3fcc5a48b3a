import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { meantFolder } from '../../../src/cli/bundle/meant-folder.js';
import { noState, ofConfig } from '../../../src/daemon/bundles/bundle-state.js';
import { keepBundleState } from '../../../src/daemon/bundles/bundle-state-file.js';
import { loadConfig } from '../../../src/daemon/config/load.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-meant-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const config = () => {
  const loaded = loadConfig(undefined, {}, [`state.path=${folder}`, 'bundle.path=/bundles/own']);
  if (!loaded.ok) throw new Error('the config holds');
  return loaded.config;
};

it('the active and the previous bundle are those of the station’s state', async () => {
  expect(await meantFolder('active', config())).toBe('/bundles/own');
  await expect(meantFolder('previous', config())).rejects.toMatchObject({ code: 'BUNDLE_UNKNOWN' });
  const bundle = 'a'.repeat(64);
  const judging = { bundle, name: 'coins', version: '2.0.0', galleries: {}, engine: null };
  await keepBundleState(folder, { ...noState, active: judging, previous: ofConfig({}) });
  expect(await meantFolder('active', config())).toBe(join(folder, 'bundles', bundle));
  expect(await meantFolder('previous', config())).toBe('/bundles/own');
});

it('a folder is meant by its path; what is neither a folder nor installed is refused', async () => {
  mkdirSync(join(folder, 'bundles'));
  expect(await meantFolder(folder, config())).toBe(folder);
  await expect(meantFolder('coins-2.0.0', config())).rejects.toMatchObject({ code: 'BUNDLE_UNKNOWN' });
});

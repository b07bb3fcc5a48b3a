import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { bundle } from '../../../src/cli/doctor/model.js';
import { loadConfig } from '../../../src/daemon/config/load.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-doctor-'));
  writeTinyBundle(join(root, 'tiny'));
});
afterEach(() => rmSync(root, { recursive: true }));

async function foundWith(risk: object): Promise<string> {
  const path = join(root, 'config.yaml');
  const own = { path: join(root, 'tiny'), allowUnsigned: 'any', trusted: join(root, 'trusted.d') };
  writeFileSync(path, stringify({ state: { path: join(root, 'state') }, bundle: own, risk }));
  const loaded = loadConfig(path, {}, []);
  if (!loaded.ok) throw loaded.problems[0];
  const { detail, help } = await bundle(loaded.config);
  return `${detail}. ${help}`;
}

it('counts the designs that may turn green at this station, not those with a threshold', async () => {
  expect(await foundWith({})).toContain('1 of 2 designs covered. Each result warns');
  expect(await foundWith({ maxGreenIfBad: 0.001 })).toMatch(/0 of 2 designs covered\. No design .* look at risk/);
  const path = join(root, 'tiny', 'manifest.json');
  const { designs, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as { designs: object[] };
  writeFileSync(path, JSON.stringify({ ...rest, designs: designs.map((one) => ({ ...one, unread: ['year'] })) }));
  expect(await foundWith({})).toMatch(/0 of 2 designs covered\. No design .* look at risk/);
  expect(await foundWith({ unread: 'accept' })).toContain('1 of 2 designs covered. Each result warns');
});

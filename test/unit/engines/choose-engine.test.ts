import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chooseEngine, type Wish } from '../../../src/daemon/engines/choose-engine.js';
import { thisMachine } from '../../../src/daemon/engines/machine.js';
import type { Manifest } from '../../../src/pipeline/bundle/manifest.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

let folder: string;
let manifest: Manifest;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-choose-'));
  writeTinyBundle(folder);
  manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
});
afterEach(() => rmSync(folder, { recursive: true }));

const chosenWith = async (copies: Partial<Manifest['networks']['items']>) => {
  const { networks } = manifest;
  const changed = { ...manifest, networks: { ...networks, items: { ...networks.items, ...copies } } };
  const providers: Wish['providers'] = { order: ['cpu'], require: null };
  const wish: Wish = { judge: null, precision: 'auto', providers, engines: join(folder, 'engines') };
  return (await chooseEngine({ manifest: changed, sha256: 'a'.repeat(64) }, wish, thisMachine)).precision;
};

it('auto takes 32 bits where the bundle has no copy', async () => {
  expect(await chosenWith({})).toEqual({ used: 'fp32', because: 'auto: the bundle has no copy in fewer bits' });
});

it('auto takes no copy that was not compared, and says so of each, the smallest first', async () => {
  const because =
    'auto: int8 was not compared here, cupcheck engine build does it; fp16 was not compared here, cupcheck engine build does it';
  expect(await chosenWith({ half: 'items.onnx', eightBit: 'items.onnx' })).toEqual({ used: 'fp32', because });
});

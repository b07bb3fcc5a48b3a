import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BundleState, noState, ofConfig } from '../../../src/daemon/bundles/bundle-state.js';
import { keepBundleState, readBundleState } from '../../../src/daemon/bundles/bundle-state-file.js';

let root = '';
const config = () => ({ state: { path: root }, gallery: { path: join(root, 'gallery') } });
const path = () => join(root, 'bundle-state.json');
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-bundle-state-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const at = '2026-11-28T18:00:00.000Z';
const named = { bundle: 'a'.repeat(64), name: 'coins', version: '2.0.0' };
const network = 'd'.repeat(64);
const served = (letter: string) => ({ gallery: letter.repeat(64), when: at, who: 'ann' });
const active = { ...named, galleries: { [network]: served('b') }, engine: null };
const full: BundleState = {
  schema: 2,
  active,
  previous: ofConfig({ [network]: served('c') }),
  calibration: 'e'.repeat(64),
  trial: { since: at, until: at, before: active },
  candidate: null,
  outcomes: [{ ...named, outcome: 'rejected', why: 'too slow', at }],
};

it('is there again as it was kept; where none was, the bundle of the config judges', async () => {
  expect(await readBundleState(config())).toEqual(noState);
  await keepBundleState(root, full);
  expect(await readBundleState(config())).toEqual(full);
  // Root keeps it, the station reads it.
  expect(statSync(path()).mode & 0o777).toBe(0o644);
});

it('is replaced over what an interrupted one left, though it cannot be written', async () => {
  writeFileSync(`${path()}.new`, '{');
  chmodSync(`${path()}.new`, 0o400);
  await keepBundleState(root, full);
  expect(JSON.parse(readFileSync(path(), 'utf8'))).toEqual(full);
});

it('that could not be read again is not kept', async () => {
  await keepBundleState(root, full);
  const bad = { ...full, active: { ...active, engine: '11' } };
  await expect(keepBundleState(root, bad)).rejects.toMatchObject({ code: 'BUNDLE_STATE' });
  expect(await readBundleState(config())).toEqual(full);
});

const damages: Readonly<Record<string, unknown>> = {
  'another schema': { ...full, schema: 3 },
  'an unknown field': { ...full, more: 1 },
  'a digest that is a path': { ...full, active: { ...active, bundle: '../../etc' } },
  'a network that is a path': { ...full, active: { ...active, galleries: { '../..': served('b') } } },
  'a gallery that is a path': {
    ...full,
    active: { ...active, galleries: { [network]: { ...served('b'), gallery: '../x' } } },
  },
  'a calibration that is a path': { ...full, calibration: '../c' },
  'a moment that is none': { ...full, trial: { since: at, until: 'soon', before: null } },
  'a trial of the bundle of the config': { ...full, active: ofConfig({}) },
  'a trial with nothing before it': { ...full, previous: null },
  'a trial and a candidate': { ...full, candidate: { ...named, step: 'staged', since: at } },
  'no record': null,
};
it.each(Object.keys(damages))('with %s is damaged, and nothing is guessed', async (name) => {
  writeFileSync(path(), JSON.stringify(damages[name]));
  await expect(readBundleState(config())).rejects.toMatchObject({ code: 'BUNDLE_STATE' });
});

it('that is cut off, too large, or a link is damaged too', async () => {
  writeFileSync(path(), JSON.stringify(full).slice(0, -1));
  await expect(readBundleState(config())).rejects.toMatchObject({ code: 'BUNDLE_STATE' });
  writeFileSync(path(), JSON.stringify(full) + ' '.repeat(300_000));
  await expect(readBundleState(config())).rejects.toMatchObject({ code: 'BUNDLE_STATE' });
  rmSync(path());
  symlinkSync('/dev/null', path());
  await expect(readBundleState(config())).rejects.toMatchObject({ code: 'BUNDLE_STATE' });
});

/** As the program before this one left it. */
const ofSchema1 = {
  schema: 1,
  active: { ...named, gallery: 'b'.repeat(64), calibration: null, engine: 'f'.repeat(64) },
  previous: 'config',
  trial: { since: at, until: at, before: 'config' },
  candidate: null,
  outcomes: full.outcomes,
};
const serving = (of: string, text: string) => {
  mkdirSync(join(root, 'gallery', of), { recursive: true });
  writeFileSync(join(root, 'gallery', of, 'serving.json'), text);
};

it('of schema 1 is read with what served then, which each of its bundles followed', async () => {
  serving(network, JSON.stringify({ schema: 1, ...served('b') }));
  mkdirSync(join(root, 'gallery', 'a folder of somebody else'));
  writeFileSync(path(), JSON.stringify(ofSchema1, null, 2).replace('"schema": 1', '"schema"  :  1'));
  const galleries = { [network]: served('b') };
  const read = await readBundleState(config());
  expect(read).toEqual({
    ...full,
    active: { ...named, galleries, engine: 'f'.repeat(64) },
    previous: ofConfig(galleries),
    trial: { since: at, until: at, before: ofConfig(galleries) },
    calibration: null,
  });
  await keepBundleState(root, read);
  // From then on it counts for nothing.
  serving(network, '{');
  expect(await readBundleState(config())).toEqual(read);
});

it('of schema 1 that is damaged is not mended by being read', async () => {
  for (const damage of [{ trial: 'none' }, { active: 'coins' }, { previous: 1 }, { calibration: undefined, more: 1 }]) {
    writeFileSync(path(), JSON.stringify({ ...ofSchema1, ...damage }));
    await expect(readBundleState(config())).rejects.toMatchObject({ code: 'BUNDLE_STATE' });
  }
});

it('that never was: the bundle of the config judges, with what served', async () => {
  serving(network, JSON.stringify({ schema: 1, ...served('b') }));
  expect(await readBundleState(config())).toEqual({ ...noState, active: ofConfig({ [network]: served('b') }) });
  serving(network, '{');
  await expect(readBundleState(config())).rejects.toMatchObject({ code: 'GALLERY_INVALID' });
});

import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BundleState, noState } from '../../../src/daemon/bundles/bundle-state.js';
import { keepBundleState, readBundleState } from '../../../src/daemon/bundles/bundle-state-file.js';

let root = '';
const path = () => join(root, 'bundle-state.json');
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-bundle-state-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const at = '2026-11-28T18:00:00.000Z';
const named = { bundle: 'a'.repeat(64), name: 'coins', version: '2.0.0' };
const active = { ...named, gallery: 'b'.repeat(64), calibration: null, engine: null };
const full: BundleState = {
  schema: 1,
  active,
  previous: 'config',
  trial: { since: at, until: at, before: active },
  candidate: null,
  outcomes: [{ ...named, outcome: 'rejected', why: 'too slow', at }],
};

it('is there again as it was kept; where none was, the bundle of the config judges', async () => {
  expect(await readBundleState(root)).toEqual(noState);
  await keepBundleState(root, full);
  expect(await readBundleState(root)).toEqual(full);
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
  const bad = { ...full, active: { ...active, gallery: '11' } };
  await expect(keepBundleState(root, bad)).rejects.toMatchObject({ code: 'BUNDLE_STATE' });
  expect(await readBundleState(root)).toEqual(full);
});

const damages: Readonly<Record<string, unknown>> = {
  'another schema': { ...full, schema: 2 },
  'an unknown field': { ...full, more: 1 },
  'a digest that is a path': { ...full, active: { ...active, bundle: '../../etc' } },
  'a moment that is none': { ...full, trial: { since: at, until: 'soon', before: null } },
  'a trial of the bundle of the config': { ...full, active: 'config' },
  'a trial with nothing before it': { ...full, previous: null },
  'a trial and a candidate': { ...full, candidate: { ...named, step: 'staged', since: at } },
  'no record': null,
};
it.each(Object.keys(damages))('with %s is damaged, and nothing is guessed', async (name) => {
  writeFileSync(path(), JSON.stringify(damages[name]));
  await expect(readBundleState(root)).rejects.toMatchObject({ code: 'BUNDLE_STATE' });
});

it('that is cut off, too large, or a link is damaged too', async () => {
  writeFileSync(path(), JSON.stringify(full).slice(0, -1));
  await expect(readBundleState(root)).rejects.toMatchObject({ code: 'BUNDLE_STATE' });
  writeFileSync(path(), JSON.stringify(full) + ' '.repeat(70_000));
  await expect(readBundleState(root)).rejects.toMatchObject({ code: 'BUNDLE_STATE' });
  rmSync(path());
  symlinkSync('/dev/null', path());
  await expect(readBundleState(root)).rejects.toMatchObject({ code: 'BUNDLE_STATE' });
});

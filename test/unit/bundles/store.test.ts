import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packBundle } from '../../../src/daemon/bundles/pack.js';
import { installBundle, listBundles } from '../../../src/daemon/bundles/store.js';
import { readTrust } from '../../../src/daemon/bundles/trusted-keys.js';
import { trustSettings } from '../../../src/daemon/config/trust-settings.js';
import { shippedBundle } from '../../../src/daemon/config/shipped-bundle.js';
import { readSignedManifest } from '../../../src/pipeline/bundle/read-manifest.js';
import { signatureFile, type Trust } from '../../../src/pipeline/bundle/signature.js';
import { anyTrust } from '../../fixtures/any-trust.js';
import { streamOf } from '../../fixtures/hostile-archive.js';
import { keyPair, trusting, writeSignedBundle } from '../../fixtures/signed-bundle.js';

const pair = keyPair();
const trust = trusting(pair);
let root = '';
const at = (...names: string[]) => join(root, ...names);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-store-'));
  writeSignedBundle(at('bundle'), pair);
});
afterEach(() => rmSync(root, { recursive: true }));

async function packed(trusted: Trust = trust): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const signed = await readSignedManifest(at('bundle'), trusted);
  for await (const piece of packBundle(at('bundle'), signed)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
const install = async (trusted: Trust = trust) =>
  await installBundle(streamOf(await packed(trusted)), at('store'), trusted);

describe('the store', () => {
  it('takes a bundle under its digest; twice is once', async () => {
    const { sha256, outcome, folder } = await install();
    expect({ outcome, folder }).toEqual({ outcome: 'installed', folder: at('store', sha256) });
    const before = readFileSync(join(folder, 'manifest.json.sig'), 'utf8');
    expect(await install()).toMatchObject({ outcome: 'already_there' });
    expect(readdirSync(at('store'))).toEqual([sha256]);
    expect(readFileSync(join(folder, 'manifest.json.sig'), 'utf8')).toBe(before);
  });

  it('takes one bundle at a time, and says who holds it', async () => {
    const archive = await packed();
    const turns = new EventEmitter();
    const [begun, goOn] = [once(turns, 'begun'), once(turns, 'goOn')];
    const slow = async function* () {
      turns.emit('begun');
      await goOn;
      yield archive;
    };
    const first = installBundle(slow(), at('store'), trust);
    await begun;
    await expect(install()).rejects.toMatchObject({
      code: 'BUNDLE_BUSY',
      message: expect.stringContaining(`process ${process.pid} changes ${at('store')}`) as string,
    });
    turns.emit('goOn');
    expect(await first).toMatchObject({ outcome: 'installed' });
    expect(await install()).toMatchObject({ outcome: 'already_there' });
  });

  it('mends a copy that was damaged, and leaves nothing beside it', async () => {
    const { folder, sha256 } = await install();
    writeFileSync(join(folder, 'gallery.f32'), 'x');
    expect(await install()).toMatchObject({ outcome: 'repaired' });
    expect(await install()).toMatchObject({ outcome: 'already_there' });
    expect(readdirSync(at('store'))).toEqual([sha256]);
  });

  it('takes the signature that an unsigned copy lacked, and never takes one away', async () => {
    rmSync(at('bundle', signatureFile));
    await install(anyTrust);
    const lax = { ...trust, allowUnsigned: true };
    writeSignedBundle(at('bundle'), pair);
    expect(await install(lax)).toMatchObject({ outcome: 'repaired', signature: { kind: 'signed' } });
    rmSync(at('bundle', signatureFile));
    const { folder, outcome } = await install(lax);
    expect(outcome).toBe('already_there');
    expect(readdirSync(folder)).toContain(signatureFile);
  });

  it('loses what an interrupted installation left', async () => {
    mkdirSync(at('store', '.staging', 'new'), { recursive: true });
    writeFileSync(at('store', '.staging', 'new', 'manifest.json'), '{');
    const { sha256 } = await install();
    expect(readdirSync(at('store'))).toEqual([sha256]);
  });

  it('that cannot be written is named', async () => {
    writeFileSync(at('store'), '');
    await expect(install()).rejects.toMatchObject({
      code: 'BUNDLE_STORE',
      message: expect.stringContaining(at('store')) as string,
    });
  });

  it('lists what it holds, with who signed it and what is wrong', async () => {
    expect(await listBundles(at('store'), trust)).toEqual([]);
    const { sha256 } = await install();
    mkdirSync(at('store', 'f'.repeat(64)));
    mkdirSync(at('store', 'not-a-bundle'));
    const [first, second, ...more] = await listBundles(at('store'), trust);
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      ok: true,
      sha256,
      name: 'tiny',
      version: '1.0.0',
      signature: { keyName: 'workshop' },
    });
    expect(second).toMatchObject({ ok: false, sha256: 'f'.repeat(64) });
    const [again] = await listBundles(at('store'), trusting());
    expect(again).toMatchObject({ ok: true, signature: { kind: 'unsigned', keyId: pair.signing.id } });
  });
});

describe('the trusted keys', () => {
  it('are all files *.pub of a folder, each under its name; no folder holds none', async () => {
    expect(await readTrust({ folder: at('trusted.d'), allowUnsigned: false })).toEqual({
      keys: [],
      allowUnsigned: false,
    });
    mkdirSync(at('trusted.d'));
    writeFileSync(at('trusted.d', 'workshop.pub'), pair.publicPem);
    writeFileSync(at('trusted.d', 'README'), 'not a key');
    const { keys } = await readTrust({ folder: at('trusted.d'), allowUnsigned: false });
    expect(keys.map(({ id, name }) => ({ id, name }))).toEqual([{ id: pair.signing.id, name: 'workshop' }]);
  });

  it('with one among them that cannot be read are an error that names it', async () => {
    mkdirSync(at('trusted.d'));
    writeFileSync(at('trusted.d', 'broken.pub'), 'x');
    await expect(readTrust({ folder: at('trusted.d'), allowUnsigned: true })).rejects.toMatchObject({
      code: 'KEY_INVALID',
      message: expect.stringContaining('broken.pub') as string,
    });
  });
});

it.each([
  ['never', null, false],
  ['never', '/var/lib/mine', false],
  ['shipped', null, true],
  ['shipped', '/var/lib/mine', false],
  ['any', null, true],
  ['any', '/var/lib/mine', true],
] as const)(
  'bundle.allowUnsigned %s with the bundle at %j lets it judge unsigned: %j',
  (allowUnsigned, path, allowed) => {
    const bundle = { path, trusted: '/etc/cupcheck/trusted.d', allowUnsigned, store: '/var/lib/cupcheck/bundles' };
    expect(trustSettings({ bundle })).toEqual({ folder: bundle.trusted, allowUnsigned: allowed });
    expect(trustSettings({ bundle }, shippedBundle).allowUnsigned).toBe(allowUnsigned !== 'never');
  },
);

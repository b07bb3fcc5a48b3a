import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CupcheckError } from '../../../src/errors.js';
import { loadBundle } from '../../../src/pipeline/bundle/load.js';
import {
  proveSigned,
  readPrivateKey,
  readPublicKey,
  signatureFile,
  signManifest,
} from '../../../src/pipeline/bundle/signature.js';
import { anyTrust } from '../../fixtures/any-trust.js';
import { keyPair, signFolder, trusting, writeSignedBundle } from '../../fixtures/signed-bundle.js';

const pair = keyPair();
const other = keyPair('other');
const manifest = Buffer.from('{"schema":1}');
const signed = Buffer.from(signManifest(manifest, pair.signing));
const code = (name: string) => expect.objectContaining({ code: name }) as Error;

describe('a signature', () => {
  it('proves the manifest by the key that it names, among others that are trusted', () => {
    expect(proveSigned(manifest, signed, trusting(other, pair))).toEqual({
      kind: 'signed',
      keyId: pair.signing.id,
      keyName: 'workshop',
    });
  });

  it('is the same each time: signing twice changes nothing', () => {
    expect(signManifest(manifest, pair.signing)).toBe(signed.toString());
  });

  it('is refused with any one bit of it changed, even where unsigned bundles are allowed, unless it then names another key', () => {
    for (let bit = 0; bit < signed.length * 8; bit++) {
      const changed = Buffer.from(signed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => proveSigned(manifest, changed, trusting(pair))).toThrow(CupcheckError);
      const lax = { ...trusting(pair), allowUnsigned: true };
      const key = changed.toString('latin1').split('\n')[1];
      if (/^key [0-9a-f]{64}$/.test(key ?? '') && key !== `key ${pair.signing.id}`)
        expect(proveSigned(manifest, changed, lax)).toMatchObject({ kind: 'unsigned' });
      else expect(() => proveSigned(manifest, changed, lax)).toThrow(code('BUNDLE_SIGNATURE'));
    }
  });

  it('is refused for any one bit of the manifest changed', () => {
    for (let bit = 0; bit < manifest.length * 8; bit++) {
      const changed = Buffer.from(manifest);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => proveSigned(changed, signed, trusting(pair))).toThrow(code('BUNDLE_SIGNATURE'));
    }
  });

  it.each([
    ['nothing', ''],
    ['a line less', signed.subarray(0, -1).toString()],
    ['a line more', `${signed.toString()}\n`],
    ['other line ends', signed.toString().replaceAll('\n', '\r\n')],
    ['capitals', signed.toString().toUpperCase()],
  ])('of another form is refused: %s', (_, text) => {
    expect(() => proveSigned(manifest, Buffer.from(text), anyTrust)).toThrow(code('BUNDLE_SIGNATURE'));
  });

  it('of an unknown key, or none at all, is taken only where that is allowed, and counts as unsigned', () => {
    expect(() => proveSigned(manifest, signed, trusting(other))).toThrow(code('BUNDLE_UNTRUSTED'));
    expect(() => proveSigned(manifest, null, trusting(pair))).toThrow(code('BUNDLE_UNSIGNED'));
    expect(proveSigned(manifest, signed, anyTrust)).toEqual({ kind: 'unsigned', keyId: pair.signing.id });
    expect(proveSigned(manifest, null, anyTrust)).toEqual({ kind: 'unsigned', keyId: null });
  });
});

describe('a key', () => {
  it('is refused where it is of another kind, or a private one in the place of a public one', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const rsaPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    for (const pem of [rsaPem, pair.privatePem, 'ssh-ed25519 AAAA', '', '-----BEGIN PUBLIC KEY-----\nAAAA\n'])
      expect(() => readPublicKey(pem, 'x.pub'), pem.slice(0, 30)).toThrow(code('KEY_INVALID'));
    expect(() => readPrivateKey(pair.publicPem, 'x.pem')).toThrow(code('KEY_INVALID'));
  });
});

describe('a bundle', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cupcheck-signed-'));
    writeSignedBundle(folder, pair);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('loads with the key that signed it, and says whose it is', async () => {
    expect((await loadBundle(folder, trusting(pair))).signature).toMatchObject({ keyName: 'workshop' });
    await expect(loadBundle(folder, trusting(other))).rejects.toMatchObject({ code: 'BUNDLE_UNTRUSTED' });
  });

  it('does not load when its manifest was changed after it was signed, though every digest is right', async () => {
    const path = join(folder, 'manifest.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"score":0.05', '"score":0.01'));
    await expect(loadBundle(folder, trusting(pair))).rejects.toMatchObject({ code: 'BUNDLE_SIGNATURE' });
    signFolder(folder, pair);
    await expect(loadBundle(folder, trusting(pair))).resolves.toMatchObject({ signature: { kind: 'signed' } });
  });

  it('without a signature loads only where that is allowed', async () => {
    rmSync(join(folder, signatureFile));
    await expect(loadBundle(folder, trusting(pair))).rejects.toMatchObject({ code: 'BUNDLE_UNSIGNED' });
    await expect(loadBundle(folder, anyTrust)).resolves.toMatchObject({ signature: { kind: 'unsigned' } });
  });

  it('can be proved without this program: by openssl', ({ skip }) => {
    if (spawnSync('openssl', ['version']).status !== 0) skip('no openssl here');
    const at = (name: string) => join(folder, name);
    const [, , line = ''] = readFileSync(at(signatureFile), 'utf8').split('\n');
    writeFileSync(at('sig.bin'), Buffer.from(line.replace('signature ', ''), 'hex'));
    writeFileSync(at('key.pub'), pair.publicPem);
    const check = ['-verify', '-pubin', '-inkey', at('key.pub'), '-rawin', '-in', at('manifest.json')];
    const answer = execFileSync('openssl', ['pkeyutl', ...check, '-sigfile', at('sig.bin')], { encoding: 'utf8' });
    expect(answer).toContain('Successfully');
    const der = execFileSync('openssl', ['pkey', '-pubin', '-in', at('key.pub'), '-outform', 'DER']);
    const id = execFileSync('openssl', ['dgst', '-sha256', '-r'], { input: der, encoding: 'utf8' });
    expect(id.slice(0, 64)).toBe(pair.signing.id);
  });
});

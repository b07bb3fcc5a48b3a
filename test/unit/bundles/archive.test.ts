import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveBytes, packBundle } from '../../../src/daemon/bundles/pack.js';
import { unpackBundle } from '../../../src/daemon/bundles/unpack.js';
import { verifyFolder } from '../../../src/daemon/bundles/verify-folder.js';
import { loadBundle } from '../../../src/pipeline/bundle/load.js';
import { bundleLimits } from '../../../src/pipeline/bundle/limits.js';
import { readSignedManifest } from '../../../src/pipeline/bundle/read-manifest.js';
import type { Trust } from '../../../src/pipeline/bundle/signature.js';
import { anyTrust } from '../../fixtures/any-trust.js';
import { archiveFrom, at as field, block, forgedHeader, partsOf, streamOf } from '../../fixtures/hostile-archive.js';
import { keyPair, signFolder, trusting, writeSignedBundle } from '../../fixtures/signed-bundle.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

const pair = keyPair();
const trust = trusting(pair);

let root = '';
let archive: Buffer = Buffer.alloc(0);
const at = (name: string) => join(root, name);

async function packed(folder: string, trusted: Trust): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of packBundle(folder, await readSignedManifest(folder, trusted)))
    pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-archive-'));
  writeSignedBundle(at('bundle'), pair);
  archive = await packed(at('bundle'), trust);
});
afterEach(() => rmSync(root, { recursive: true }));

const unpack = (bytes: Uint8Array, limits = bundleLimits, trusted = trust) =>
  unpackBundle(streamOf(bytes), at('into'), limits, trusted);

/** The archive is refused with this code and words, and leaves nothing behind. */
async function refused(bytes: Uint8Array, code: string, words: string | RegExp, limits = bundleLimits): Promise<void> {
  const before = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  await expect(unpack(bytes, limits)).rejects.toMatchObject({ code, message: expect.stringMatching(words) as string });
  expect(readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()).toEqual(before);
}

describe('a packed bundle', () => {
  it('comes out of its archive as it went in, and loads', async () => {
    const unpacked = await unpack(archive);
    expect(readdirSync(at('into')).sort()).toEqual(readdirSync(at('bundle')).sort());
    for (const name of readdirSync(at('bundle')))
      expect(readFileSync(join(at('into'), name)).equals(readFileSync(join(at('bundle'), name))), name).toBe(true);
    expect((await loadBundle(at('into'), trust)).sha256).toBe(unpacked.sha256);
    expect(unpacked.signature).toMatchObject({ kind: 'signed', keyName: 'workshop' });
    expect(statSync(join(at('into'), 'items.onnx')).mode & 0o777).toBe(0o644);
    expect(statSync(at('into')).mode & 0o777).toBe(0o755);
  });

  it('gives the same bytes each time, and as many as was said', async () => {
    expect((await packed(at('bundle'), trust)).equals(archive)).toBe(true);
    expect(archiveBytes(await readSignedManifest(at('bundle'), trust))).toBe(archive.length);
  });

  it('comes out the same whatever the lengths are in which the stream comes', async () => {
    for (const piece of [1, 511, 513, archive.length]) {
      await unpackBundle(streamOf(archive, piece), at('into'), bundleLimits, trust);
      rmSync(at('into'), { recursive: true });
    }
  });

  it('without a signature comes out only where that is allowed', async () => {
    writeTinyBundle(at('plain'));
    const plain = await packed(at('plain'), anyTrust);
    await refused(plain, 'BUNDLE_UNSIGNED', 'no signature');
    expect((await unpack(plain, bundleLimits, anyTrust)).signature).toMatchObject({ kind: 'unsigned' });
  });

  it('is a tar as every tar reads it; and one that tar makes in this form is taken', async ({ skip }) => {
    if (!String(spawnSync('tar', ['--version']).stdout).includes('GNU tar')) skip('no GNU tar here');
    writeFileSync(at('x.tar'), archive);
    const names = execFileSync('tar', ['-tf', at('x.tar')], { encoding: 'utf8' })
      .trim()
      .split('\n');
    expect(names).toEqual(['manifest.json', 'manifest.json.sig', 'detector.onnx', 'gallery.f32', 'items.onnx']);
    const form = ['--format=ustar', '--numeric-owner', '--owner=0', '--group=0', '--mode=0644', '--mtime=@0', '-b1'];
    execFileSync('tar', ['-C', at('bundle'), ...form, '-cf', at('y.tar'), ...names]);
    expect(readFileSync(at('y.tar')).equals(archive)).toBe(true);
  });

  it('is not packed where a file is not what the manifest says', async () => {
    appendFileSync(join(at('bundle'), 'gallery.f32'), ' ');
    await expect(packed(at('bundle'), trust)).rejects.toMatchObject({ code: 'BUNDLE_DIGEST' });
    rmSync(join(at('bundle'), 'gallery.f32'));
    symlinkSync('items.onnx', join(at('bundle'), 'gallery.f32'));
    await expect(packed(at('bundle'), trust)).rejects.toMatchObject({ code: 'BUNDLE_INVALID' });
  });

  it('is not unpacked over what lies there', async () => {
    mkdirSync(at('into'));
    writeFileSync(join(at('into'), 'mine'), 'mine');
    await expect(unpack(archive)).rejects.toMatchObject({ code: 'BUNDLE_STORE' });
    expect(readFileSync(join(at('into'), 'mine'), 'utf8')).toBe('mine');
  });
});

describe('a folder', () => {
  it('is verified without loading it, and what does not belong to the bundle is named', async () => {
    writeFileSync(join(at('bundle'), 'notes.txt'), '');
    const seen: number[] = [];
    const found = await verifyFolder(at('bundle'), trust, (bytes) => seen.push(bytes));
    expect(found.others).toEqual(['notes.txt']);
    const listed = Object.values(found.manifest.files).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(seen.reduce((sum, bytes) => sum + bytes, 0)).toBe(listed);
  });

  it('with a file of the right size and another content is refused', async () => {
    const path = join(at('bundle'), 'gallery.f32');
    const bytes = readFileSync(path);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    await expect(verifyFolder(at('bundle'), trust)).rejects.toMatchObject({ code: 'BUNDLE_DIGEST' });
  });
});

describe('a hostile archive', () => {
  /** The archive with an entry more, at the place of the first listed file. */
  const withEntry = (header: Buffer, content: Buffer = Buffer.alloc(0)): Buffer => {
    const parts = partsOf(archive);
    return archiveFrom([...parts.slice(0, 2), { header, content }, ...parts.slice(2)]);
  };

  it.each([
    ['../outside'],
    ['/tmp/cupcheck-outside'],
    ['a/b'],
    ['a\\..\\b'],
    ['..'],
    ['.hidden'],
    ['-option'],
    ['café.onnx'],
    ['cafe\u0301.onnx'],
    ['new\nline'],
  ])('with the name %j', (name) => refused(withEntry(forgedHeader(name, 0)), 'BUNDLE_ARCHIVE', 'no plain name'));

  it('whose name leaves the folder by the field for long names', () =>
    refused(withEntry(forgedHeader('detector.onnx', 0, { [field.prefix]: '../../etc' })), 'BUNDLE_ARCHIVE', 'header'));

  it.each([
    ['1', 'hard link'],
    ['2', 'symbolic link'],
    ['3', 'device'],
    ['4', 'device'],
    ['5', 'folder'],
    ['6', 'pipe'],
    ['7', 'header'],
    ['x', 'extended header'],
    ['g', 'extended header'],
    ['L', 'long name'],
    ['S', 'holes'],
    ['\0', 'header'],
  ])('with an entry of the kind %j', (kind, words) =>
    refused(
      withEntry(forgedHeader('detector.onnx', 0, { [field.type]: kind, [field.linkName]: '/etc/passwd' })),
      'BUNDLE_ARCHIVE',
      words,
    ),
  );

  it.each([
    ['mode', '0004755\0'],
    ['uid', '0001750\0'],
    ['mtime', '15000000000\0'],
    ['magic', 'ustar  \0'],
    ['userName', 'root'],
  ] as const)('with another %s than is written here', (name, text) =>
    refused(withEntry(forgedHeader('detector.onnx', 0, { [field[name]]: text })), 'BUNDLE_ARCHIVE', 'does not write'),
  );

  it('with a file twice, or one that differs by case', async () => {
    const parts = partsOf(archive);
    const [, , detector] = parts;
    if (detector === undefined) throw new Error('no third part');
    await refused(archiveFrom([...parts.slice(0, 3), detector, ...parts.slice(3)]), 'BUNDLE_ARCHIVE', 'next file is');
    await refused(withEntry(forgedHeader('Detector.onnx', 0)), 'BUNDLE_ARCHIVE', 'next file is "detector.onnx"');
  });

  it('with files in another order, one too few, or one that nobody listed', async () => {
    const [manifest, signature, a, b, c] = partsOf(archive);
    if (!manifest || !signature || !a || !b || !c) throw new Error('five parts');
    await refused(archiveFrom([manifest, signature, b, a, c]), 'BUNDLE_ARCHIVE', 'next file is');
    await refused(archiveFrom([a, manifest, signature, b, c]), 'BUNDLE_ARCHIVE', 'begins with');
    await refused(archiveFrom([manifest, signature, a, b]), 'BUNDLE_ARCHIVE', '');
    const more = { header: forgedHeader('zz', 0), content: Buffer.alloc(0) };
    await refused(archiveFrom([manifest, signature, a, b, c, more]), 'BUNDLE_ARCHIVE', 'wanted none');
  });

  it('that names a size which it may not have, before it is read', async () => {
    const endless = (name: string, bytes: number) => {
      let given = 0;
      const source = async function* () {
        yield await Promise.resolve(forgedHeader(name, bytes));
        for (;;) {
          given += 65_536;
          yield Buffer.alloc(65_536);
        }
      };
      return { source: source(), given: () => given };
    };
    for (const [name, bytes] of [
      ['manifest.json', bundleLimits.manifestBytes + 1],
      ['manifest.json', 0o77777777777],
    ] as const) {
      const { source, given } = endless(name, bytes);
      const unpacking = unpackBundle(source, at('into'), bundleLimits, trust);
      await expect(unpacking).rejects.toMatchObject({ code: 'BUNDLE_ARCHIVE' });
      expect(given()).toBe(0);
    }
    const [manifest, , ...rest] = partsOf(archive);
    if (manifest === undefined) throw new Error('no manifest');
    const large = { header: forgedHeader('manifest.json.sig', 5000), content: block(Buffer.alloc(5000)) };
    await refused(archiveFrom([manifest, large, ...rest]), 'BUNDLE_ARCHIVE', '5000 bytes, allowed are 1024');
    const other = { header: forgedHeader('detector.onnx', 0o77777777777), content: Buffer.alloc(0) };
    await refused(archiveFrom([manifest, partsOf(archive)[1] ?? manifest, other]), 'BUNDLE_ARCHIVE', 'manifest says');
  });

  it('whose signed manifest lists more than a bundle may have', async () => {
    await refused(archive, 'BUNDLE_INVALID', 'allowed are 100$', { ...bundleLimits, fileBytes: 100 });
    await refused(archive, 'BUNDLE_INVALID', 'lists files with', { ...bundleLimits, bundleBytes: 100 });
  });

  it.each([
    ['manifest.json.sig', 'beside "manifest.json.sig"'],
    ['MANIFEST.json', 'beside "manifest.json"'],
    ['Items.ONNX', 'beside "items.onnx"'],
  ])('whose signed manifest lists %s', async (name, words) => {
    const path = join(at('bundle'), 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { files: Record<string, object> };
    manifest.files[name] = { sha256: 'a'.repeat(64), bytes: 1 };
    writeFileSync(path, JSON.stringify(manifest));
    signFolder(at('bundle'), pair);
    const [, , ...rest] = partsOf(archive);
    const [bytes, signature] = [readFileSync(path), readFileSync(`${path}.sig`)];
    const forged = archiveFrom([
      { header: forgedHeader('manifest.json', bytes.length), content: block(bytes) },
      { header: forgedHeader('manifest.json.sig', signature.length), content: block(signature) },
      ...rest,
    ]);
    await refused(forged, 'BUNDLE_INVALID', words);
  });

  it('that ends early, at each block and beside it', async () => {
    for (let end = 0; end < archive.length; end += 512)
      for (const bytes of [end, end + 1].filter((length) => length < archive.length))
        await refused(archive.subarray(0, bytes), 'BUNDLE_ARCHIVE', `ends after ${bytes} bytes`);
  });

  it('that goes on after its end', async () => {
    for (const more of [Buffer.alloc(1), Buffer.alloc(8192), Buffer.from('x')])
      await refused(
        Buffer.concat([archive, more]),
        'BUNDLE_ARCHIVE',
        `goes on after its end, at byte ${archive.length}`,
      );
  });

  it('that is packed: it is never unpacked', async () => {
    for (const [name, magic] of [
      ['gzip', [0x1f, 0x8b, 8, 0]],
      ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
    ] as const)
      await refused(Buffer.concat([Buffer.from(magic), Buffer.alloc(4096)]), 'BUNDLE_ARCHIVE', `what ${name} packed`);
  });

  it('whose stream fails: its own error is told, and nothing stays', async () => {
    const broken = async function* () {
      yield await Promise.resolve(archive.subarray(0, archive.length - 2000));
      throw new Error('the line is cut');
    };
    await expect(unpackBundle(broken(), at('into'), bundleLimits, trust)).rejects.toThrow('the line is cut');
    expect(existsSync(at('into'))).toBe(false);
  });
});

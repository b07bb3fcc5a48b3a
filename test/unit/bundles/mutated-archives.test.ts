import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packBundle } from '../../../src/daemon/bundles/pack.js';
import { installBundle } from '../../../src/daemon/bundles/store.js';
import { blockBytes, fillBytes, headerOf } from '../../../src/daemon/bundles/ustar.js';
import { unpackBundle } from '../../../src/daemon/bundles/unpack.js';
import { CupcheckError } from '../../../src/errors.js';
import { bundleLimits } from '../../../src/pipeline/bundle/limits.js';
import { readSignedManifest } from '../../../src/pipeline/bundle/read-manifest.js';
import { archiveFrom, forgedHeader, partsOf, randomNumbers, streamOf } from '../../fixtures/hostile-archive.js';
import { keyPair, signFolder, trusting, writeSignedBundle } from '../../fixtures/signed-bundle.js';

const pair = keyPair();
const trust = trusting(pair);
let root = '';
const at = (name: string) => join(root, name);
beforeEach(() => {
  // In memory where there is such a folder: a disk would wait for each fsync.
  root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cupcheck-mutated-'));
  writeSignedBundle(at('bundle'), pair);
});
afterEach(() => rmSync(root, { recursive: true }));

async function packed(): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of packBundle(at('bundle'), await readSignedManifest(at('bundle'), trust)))
    pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** Every name under the root, with what would change if it were written. */
const everything = () =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, size, mtimeMs, ino } = lstatSync(at(name));
      return { name, mode, size, ino, written: name === 'store' ? 0 : mtimeMs };
    });

type Random = (below: number) => number;
const refusals = /^BUNDLE_(ARCHIVE|SIGNATURE|UNSIGNED|UNTRUSTED|DIGEST)$/;
const hostileNames = [
  '../outside',
  '../../outside',
  '/outside',
  'manifest.json',
  'MANIFEST.JSON',
  'a/b',
  '.',
  '..',
  '',
];

/** Ways to change an archive. One in two keeps tar's own checksums right, so that what comes behind them is reached. */
const mutations: readonly ((archive: Buffer, random: Random) => Buffer)[] = [
  function bit(archive, random) {
    const bytes = Buffer.from(archive);
    const where = random(bytes.length);
    bytes[where] = (bytes[where] ?? 0) ^ (1 << random(8));
    return bytes;
  },
  function byte(archive, random) {
    const bytes = Buffer.from(archive);
    bytes[random(bytes.length)] = random(256);
    return bytes;
  },
  function run(archive, random) {
    const bytes = Buffer.from(archive);
    const from = random(bytes.length);
    bytes.fill(random(256), from, Math.min(bytes.length, from + 1 + random(2000)));
    return bytes;
  },
  function cut(archive, random) {
    return archive.subarray(0, random(archive.length));
  },
  function lose(archive, random) {
    const from = random(archive.length);
    return Buffer.concat([archive.subarray(0, from), archive.subarray(from + 1 + random(2 * blockBytes))]);
  },
  function insert(archive, random) {
    const from = random(archive.length + 1);
    const more = Buffer.alloc(1 + random(2 * blockBytes), random(3));
    return Buffer.concat([archive.subarray(0, from), more, archive.subarray(from)]);
  },
  function swapBlocks(archive, random) {
    const bytes = Buffer.from(archive);
    const [a, b] = [0, 0].map(() => random(bytes.length / blockBytes) * blockBytes) as [number, number];
    archive.copy(bytes, a, b, b + blockBytes);
    archive.copy(bytes, b, a, a + blockBytes);
    return bytes;
  },
  function forge(archive, random) {
    const parts = partsOf(archive);
    const part = random(parts.length);
    const text = String.fromCharCode(...Array.from({ length: 1 + random(8) }, () => random(128)));
    const { name, bytes } = said(parts[part]?.header);
    const header = forgedHeader(name, bytes, { [random(505)]: text });
    return archiveFrom(parts.map((one, index) => (index === part ? { ...one, header } : one)));
  },
  function rename(archive, random) {
    const parts = partsOf(archive);
    const part = random(parts.length);
    const { bytes } = said(parts[part]?.header);
    const header = forgedHeader(hostileNames[random(hostileNames.length)] ?? '', bytes);
    return archiveFrom(parts.map((one, index) => (index === part ? { ...one, header } : one)));
  },
  function resize(archive, random) {
    const parts = partsOf(archive);
    const part = random(parts.length);
    const { name, bytes } = said(parts[part]?.header);
    const sizes = [0, bytes - 1, bytes + 1, bytes + blockBytes, random(2 ** 31), 0o77777777777];
    const header = forgedHeader(name, Math.max(0, sizes[random(sizes.length)] ?? 0));
    return archiveFrom(parts.map((one, index) => (index === part ? { ...one, header } : one)));
  },
  function repeat(archive, random) {
    const parts = partsOf(archive);
    const part = parts[random(parts.length)];
    const from = random(parts.length + 1);
    return archiveFrom([...parts.slice(0, from), ...(part === undefined ? [] : [part]), ...parts.slice(from)]);
  },
  function reorder(archive, random) {
    const parts = partsOf(archive);
    const [part] = parts.splice(random(parts.length), 1);
    const from = random(parts.length + 1);
    return archiveFrom([...parts.slice(0, from), ...(part === undefined ? [] : [part]), ...parts.slice(from)]);
  },
  function edit(archive, random) {
    const parts = partsOf(archive).map(({ header, content }) => ({ header, content: Buffer.from(content) }));
    const { content } = parts[random(parts.length)] ?? { content: Buffer.alloc(1) };
    content[random(content.length)] = random(256);
    return archiveFrom(parts);
  },
];

function said(header: Buffer | undefined): { readonly name: string; readonly bytes: number } {
  const text = header?.toString('latin1') ?? '';
  return { name: text.slice(0, text.indexOf('\0')), bytes: Number.parseInt(text.slice(124, 135), 8) };
}

it('of 1,000 mutated archives none is accepted, and none writes outside its own folder', async () => {
  const archive = await packed();
  const random = randomNumbers(20_261_128);
  mkdirSync(at('store'));
  writeFileSync(at('outside'), 'untouched');
  const before = JSON.stringify(everything());
  const startedMs = performance.now();
  const arrayBytes = process.memoryUsage().arrayBuffers;
  const codes: Record<string, number> = {};
  for (let tried = 0; tried < 1000; ) {
    const mutation = mutations[tried % mutations.length];
    const mutated = mutation?.(archive, random) ?? archive;
    if (mutated.equals(archive)) continue;
    tried++;
    const stream = streamOf(mutated, 1 + random(5000));
    // One in ten by the whole way into the store, which does the same and takes longer.
    const taking =
      tried % 10 === 0
        ? installBundle(stream, at('store'), trust)
        : unpackBundle(stream, at('store/new'), bundleLimits, trust);
    const outcome = await taking.catch((error: unknown) => error);
    const code = outcome instanceof CupcheckError ? outcome.code : 'accepted';
    if (!refusals.test(code)) expect.fail(`${mutation?.name}, number ${tried}: ${String(outcome)}`);
    codes[code] = (codes[code] ?? 0) + 1;
    if (JSON.stringify(everything()) !== before) expect(everything()).toEqual(JSON.parse(before));
  }
  expect(readFileSync(at('outside'), 'utf8')).toBe('untouched');
  console.log(
    `1,000 archives of ${archive.length} bytes in ${(performance.now() - startedMs).toFixed(0)} ms: ${JSON.stringify(codes)}, ` +
      `array buffers ${((process.memoryUsage().arrayBuffers - arrayBytes) / 2 ** 20).toFixed(1)} MiB more`,
  );
  // The same way with the archive as it was: it is the change that is refused.
  await expect(installBundle(streamOf(archive), at('store'), trust)).resolves.toMatchObject({ outcome: 'installed' });
}, 180_000);

it('an archive of 32 MiB is unpacked in less than 16 MiB, and refused in as little when its last byte is wrong', async () => {
  const pieceBytes = 65_536;
  const bytes = 32 * 2 ** 20;
  const piece = () => Buffer.alloc(pieceBytes, 7);
  const digest = createHash('sha256');
  for (let done = 0; done < bytes; done += pieceBytes) digest.update(piece());
  const path = join(at('bundle'), 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { files: Record<string, object> };
  manifest.files['zz.bin'] = { sha256: digest.digest('hex'), bytes };
  writeFileSync(path, JSON.stringify(manifest));
  signFolder(at('bundle'), pair);
  // Array buffers are the bytes that pass; what is garbage is collected before they are counted.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = () => {
    collect();
    // What the first one let go of is swept beside it, and is gone when the second begins.
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const base = held();
  let most = 0;
  const sample = () => {
    most = Math.max(most, held() - base);
  };
  const files = ['manifest.json', 'manifest.json.sig', 'detector.onnx', 'gallery.f32', 'items.onnx'];
  const source = async function* (last: number) {
    for (const name of files) {
      const content = readFileSync(join(at('bundle'), name));
      yield await Promise.resolve(headerOf({ name, bytes: content.length }));
      yield Buffer.concat([content, Buffer.alloc(fillBytes(content.length))]);
    }
    yield headerOf({ name: 'zz.bin', bytes });
    for (let done = pieceBytes; done < bytes; done += pieceBytes) {
      yield piece();
      if (done % 2 ** 23 === 0) sample();
    }
    yield Buffer.concat([piece().subarray(1), Buffer.of(last)]);
    sample();
    yield Buffer.alloc(2 * blockBytes);
  };
  const sampler = setInterval(sample, 1000);
  try {
    await expect(unpackBundle(source(8), at('into'), bundleLimits, trust)).rejects.toMatchObject({
      code: 'BUNDLE_DIGEST',
    });
    await unpackBundle(source(7), at('into'), bundleLimits, trust);
  } finally {
    clearInterval(sampler);
  }
  console.log(`at most ${(most / 2 ** 20).toFixed(2)} MiB of array buffers over the base`);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(16 * 2 ** 20);
}, 60_000);

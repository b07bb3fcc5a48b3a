import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import stringWidth from 'string-width';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ByteProgress } from '../../../src/cli/progress/byte-progress.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';
import { runBundleVerb, type VerbRun } from '../../fixtures/verb-at.js';

let root = '';
const at = (...names: string[]) => join(root, ...names);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-bundle-verbs-'));
  writeTinyBundle(at('tiny'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Runs a verb of `bundle` at a station whose folders are all here. */
async function bundle(...argv: string[]): Promise<VerbRun> {
  if (!existsSync(at('config.yaml'))) writeFileSync(at('config.yaml'), '');
  return await runBundleVerb(root, argv);
}

const documentOf = ({ out }: VerbRun) => JSON.parse(out) as Record<string, unknown>;

/** A signed bundle, its archive, and a station that trusts its key. */
async function signedArchive(): Promise<string> {
  await bundle('keygen', at('workshop'));
  mkdirSync(at('trusted.d'));
  writeFileSync(at('trusted.d', 'workshop.pub'), readFileSync(at('workshop.pub')));
  await bundle('sign', at('tiny'), '--key', at('workshop'));
  await bundle('pack', at('tiny'), '--out', at('tiny.tar'));
  return at('tiny.tar');
}

it('from a key to an installed bundle: keygen, sign, pack, verify, install, list', async () => {
  expect(await bundle('keygen', at('workshop'))).toMatchObject({ code: 0, err: '' });
  expect(statSync(at('workshop')).mode & 0o777).toBe(0o600);
  expect(await bundle('sign', at('tiny'), '--key', at('workshop'))).toMatchObject({ code: 0, err: '' });
  const signature = readFileSync(at('tiny', 'manifest.json.sig'), 'utf8');
  await bundle('sign', at('tiny'), '--key', at('workshop'));
  expect(readFileSync(at('tiny', 'manifest.json.sig'), 'utf8')).toBe(signature);
  expect(await bundle('pack', at('tiny'), '--out', at('tiny.tar'))).toMatchObject({ code: 0, err: '' });
  const archive = readFileSync(at('tiny.tar'));
  await bundle('pack', at('tiny'), '--out', at('tiny.tar'));
  expect(readFileSync(at('tiny.tar')).equals(archive)).toBe(true);

  expect(await bundle('install', at('tiny.tar'))).toMatchObject({ code: 2, out: '' });
  mkdirSync(at('trusted.d'));
  writeFileSync(at('trusted.d', 'the-workshop.pub'), readFileSync(at('workshop.pub')));
  expect(await bundle('verify', at('tiny.tar'))).toMatchObject({ code: 0, err: '' });
  const installed = documentOf(await bundle('install', at('tiny.tar'), '--json'));
  expect(installed).toMatchObject({ name: 'tiny', version: '1.0.0', keyName: 'the-workshop', outcome: 'installed' });
  expect(installed['folder']).toBe(at('state', 'bundles', String(installed['sha256'])));
  expect((await bundle('install', at('tiny.tar'))).out).toContain('nothing to do');
  expect((await bundle('list')).out).toMatch(/^ {2}[0-9a-f]{12} {2}tiny 1\.0\.0 {2}\d+\.\d kB {2}the-workshop$/m);
  expect((await bundle('list', '--set', `bundle.path=${String(installed['folder'])}`)).out).toMatch(/^\* /);
}, 60_000);

describe('verify ends with', () => {
  it('1 for a bundle that is whole and not signed by a trusted key', async () => {
    const plain = await bundle('verify', at('tiny'));
    expect(plain).toMatchObject({ code: 1, err: '' });
    expect(plain.out).toContain('not signed by a trusted key');
    await signedArchive();
    expect((await bundle('verify', at('tiny.tar'), '--key', at('workshop.pub'))).code).toBe(0);
    rmSync(at('trusted.d'), { recursive: true });
    expect(documentOf(await bundle('verify', at('tiny.tar'), '--json'))).toMatchObject({ ok: false, signed: false });
  });

  it('1 for an archive with one byte changed, and says what is wrong', async () => {
    const path = await signedArchive();
    const bytes = readFileSync(path);
    // Within the content of a file, which a header of 512 bytes begins.
    const where = bytes.indexOf('gallery.f32\0') + 512 + 5;
    bytes[where] = (bytes[where] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const { code, out, err } = await bundle('verify', path);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('gallery.f32 has the digest');
    expect(await bundle('install', path)).toMatchObject({ code: 2, out: '' });
    expect(existsSync(at('state', 'bundles', '.staging'))).toBe(false);
  });

  it('2 where there is nothing to verify', async () => {
    expect(await bundle('verify', at('nothing.tar'))).toMatchObject({ code: 2, out: '' });
    expect((await bundle('verify', at('tiny'), '--key', at('nothing.pub'))).err).toContain('KEY_INVALID');
  });
});

it('an unsigned bundle is installed only where the config says so', async () => {
  await bundle('pack', at('tiny'), '--out', at('tiny.tar'));
  for (const allowed of ['never', 'shipped']) {
    const refused = await bundle('install', at('tiny.tar'), '--set', `bundle.allowUnsigned=${allowed}`);
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain('(BUNDLE_UNSIGNED)');
  }
  expect((await bundle('install', at('tiny.tar'), '--set', 'bundle.allowUnsigned=any')).code).toBe(0);
});

it('a key is never overwritten, and a changed bundle never signed', async () => {
  await bundle('keygen', at('workshop'));
  const key = readFileSync(at('workshop'), 'utf8');
  expect(await bundle('keygen', at('workshop'))).toMatchObject({ code: 2, out: '' });
  expect(readFileSync(at('workshop'), 'utf8')).toBe(key);
  writeFileSync(at('tiny', 'gallery.f32'), 'x');
  expect((await bundle('sign', at('tiny'), '--key', at('workshop'))).err).toContain('BUNDLE_DIGEST');
  expect(existsSync(at('tiny', 'manifest.json.sig'))).toBe(false);
  expect((await bundle('pack', at('tiny'), '--out', at('tiny.tar'))).err).toContain('BUNDLE_DIGEST');
  expect(existsSync(at('tiny.tar'))).toBe(false);
});

it('inspect tells networks with shapes, designs, thresholds with evidence, and needs no key', async () => {
  const path = await signedArchive();
  for (const place of [path, at('tiny')]) {
    const { code, out } = await bundle('inspect', place, '--designs');
    expect(code).toBe(0);
    expect(out).toMatch(/^detector +detector\.onnx: 1×3×240×320 → heat 1×1×60×80/m);
    expect(out).toContain('score 0.050, at most 3.00 % of bad cups green (95 % sure');
    expect(out).toMatch(/^needs +cupcheck 0\.1\.0 or newer$/m);
    expect(out).toMatch(/^blue +24\.00 mm +not covered$/m);
  }
  expect((await bundle('inspect', path)).out).toMatch(/^designs +2, 1 covered, in 2 classes$/m);
  const { manifest } = documentOf(await bundle('inspect', path, '--json'));
  expect(manifest).toMatchObject({ gallery: { vectors: 2 }, thresholds: { drawn: { score: 0.05 } }, provenance: {} });
});

it('inspect tells which designs are covered only where a year does not matter', async () => {
  const path = at('tiny', 'manifest.json');
  const { designs, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as { designs: { id: string }[] };
  const unread = designs.map((design) => (design.id === 'red' ? { ...design, unread: ['year', 'mark'] } : design));
  writeFileSync(path, JSON.stringify({ ...rest, designs: unread }));
  const { code, out } = await bundle('inspect', at('tiny'), '--designs');
  expect(code).toBe(0);
  expect(out).toMatch(/^designs +2, 1 covered \(1 only with risk\.unread: accept\), in 2 classes$/m);
  expect(out).toMatch(/^red +24\.00 mm +drawn +not read: year, mark$/m);
  expect(out).toMatch(/^blue +24\.00 mm +not covered$/m);
});

it('every line fits into 80 columns', async () => {
  const path = await signedArchive();
  const runs = [
    await bundle('verify', path),
    await bundle('inspect', path, '--designs'),
    await bundle('sign', at('tiny'), '--key', at('workshop')),
    await bundle('install', path),
    await bundle('install', path),
    await bundle('list'),
    await bundle('--help'),
  ];
  const lines = runs.flatMap(({ out, err }) => `${out}\n${err}`.split('\n'));
  // A path or a digest that is longer than the line stays whole: it is there to be copied.
  const broken = lines.filter((line) => stringWidth(line) > 80 && !line.includes(root));
  expect(broken).toEqual([]);
});

describe('the progress of a bundle', () => {
  it('is silent for a second, then draws a bar in a terminal, and takes it away', () => {
    let nowMs = 0;
    const written: string[] = [];
    const errScreen = { write: (text: string) => void written.push(text), columns: 80, rows: 24 };
    const terminal = { out: () => undefined, err: () => undefined, colour: false, errScreen };
    const progress = new ByteProgress(terminal, 20e6, () => nowMs);
    nowMs = 999;
    progress.add(5e6);
    expect(written).toEqual([]);
    nowMs = 1001;
    progress.add(5e6);
    expect(written.join('')).toContain('############............] 10.0 MB of 20.0 MB');
    progress.end();
    expect(written.at(-1)).toBe('\r\u001b[K');
  });

  it('of what was quick leaves no trace', () => {
    const written: string[] = [];
    const errScreen = { write: (text: string) => void written.push(text), columns: 80, rows: 24 };
    const terminal = { out: () => undefined, err: () => undefined, colour: false, errScreen };
    const progress = new ByteProgress(terminal, 10, () => 0);
    progress.add(10);
    progress.end();
    expect(written).toEqual([]);
  });
});

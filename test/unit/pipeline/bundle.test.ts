import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSignature, warmUp } from '../../../src/pipeline/bundle/check-network.js';
import { loadBundle } from '../../../src/pipeline/bundle/load.js';
import { parseManifest } from '../../../src/pipeline/bundle/manifest.js';
import { isAtLeast } from '../../../src/pipeline/bundle/own-version.js';
import { copiesIn } from '../../../src/pipeline/bundle/precision.js';
import { parseCalibration } from '../../../src/pipeline/calibration.js';
import { similarity } from '../../../src/pipeline/gallery.js';
import type { LoadedNetwork } from '../../../src/pipeline/ports.js';
import { anyTrust } from '../../fixtures/any-trust.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-bundle-'));
  writeTinyBundle(folder);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const path = (name: string) => join(folder, name);
type Json = Record<string, unknown>;
const manifestNow = () => JSON.parse(readFileSync(path('manifest.json'), 'utf8')) as Json;

/** Sets one value deep in a copy of the manifest; `undefined` removes it. */
function changed(where: string, value: unknown): Uint8Array {
  const manifest = manifestNow();
  const keys = where.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((at, key) => at[key] as Json, manifest);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return Buffer.from(JSON.stringify(manifest));
}

describe('loadBundle', () => {
  it('reads a whole bundle; its digest is that of its manifest', async () => {
    const bundle = await loadBundle(folder, anyTrust);
    expect(bundle.manifest.name).toBe('tiny');
    expect(bundle.sha256).toBe(
      createHash('sha256')
        .update(readFileSync(path('manifest.json')))
        .digest('hex'),
    );
    expect(bundle.gallery.byClass.map((vectors) => [...vectors])).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
  });

  it.each([
    ['fp16', 'half'],
    ['int8', 'eightBit'],
  ] as const)(
    'gives the %s copy of the items network where that is asked for, and says where there is none',
    async (precision, field) => {
      await expect(loadBundle(folder, anyTrust, precision)).rejects.toMatchObject({
        code: 'BUNDLE_PRECISION',
        message: expect.stringContaining(`tiny 1.0.0 has no ${precision} copy`) as string,
      });
      writeFileSync(path('manifest.json'), changed(`networks.items.${field}`, 'elsewhere.onnx'));
      await expect(loadBundle(folder, anyTrust)).rejects.toMatchObject({
        code: 'BUNDLE_INVALID',
        message: expect.stringContaining(`/networks/items/${field} names "elsewhere.onnx"`) as string,
      });
      writeFileSync(path('manifest.json'), changed(`networks.items.${field}`, 'detector.onnx'));
      const [full, copy] = [await loadBundle(folder, anyTrust), await loadBundle(folder, anyTrust, precision)];
      expect([...full.models.items]).toEqual([...readFileSync(path('items.onnx'))]);
      expect([...copy.models.items]).toEqual([...readFileSync(path('detector.onnx'))]);
      expect(copiesIn(copy.manifest)).toEqual([precision]);
    },
  );

  it('says that there is none', async () => {
    await expect(loadBundle(path('nowhere'), anyTrust)).rejects.toMatchObject({ code: 'BUNDLE_MISSING' });
    rmSync(path('manifest.json'));
    await expect(loadBundle(folder, anyTrust)).rejects.toMatchObject({ code: 'BUNDLE_MISSING' });
  });

  it('refuses a file that was changed by one byte, by its name', async () => {
    const bytes = readFileSync(path('gallery.f32'));
    bytes[3] = (bytes[3] ?? 0) ^ 1;
    writeFileSync(path('gallery.f32'), bytes);
    await expect(loadBundle(folder, anyTrust)).rejects.toMatchObject({
      code: 'BUNDLE_DIGEST',
      message: expect.stringContaining('gallery.f32') as string,
    });
  });

  it('refuses a file that is larger than it should be before it reads it', async () => {
    writeFileSync(path('gallery.f32'), Buffer.alloc(1000));
    await expect(loadBundle(folder, anyTrust)).rejects.toMatchObject({
      code: 'BUNDLE_DIGEST',
      message: expect.stringContaining('1000 bytes') as string,
    });
  });

  it('follows no link out of its folder', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'cupcheck-outside-'));
    renameSync(path('gallery.f32'), join(outside, 'gallery.f32'));
    symlinkSync(join(outside, 'gallery.f32'), path('gallery.f32'));
    await expect(loadBundle(folder, anyTrust)).rejects.toMatchObject({
      message: expect.stringContaining('is a link') as string,
    });
    rmSync(outside, { recursive: true });
  });

  it('refuses one that was made for a newer program', async () => {
    writeFileSync(path('manifest.json'), changed('minDaemon', '99.0.0'));
    await expect(loadBundle(folder, anyTrust)).rejects.toMatchObject({
      code: 'BUNDLE_INVALID',
      message: expect.stringContaining('99.0.0') as string,
    });
  });

  it('refuses a gallery that another network made', async () => {
    writeFileSync(path('manifest.json'), changed('gallery.networkSha256', 'f'.repeat(64)));
    await expect(loadBundle(folder, anyTrust)).rejects.toMatchObject({
      code: 'BUNDLE_INVALID',
      message: expect.stringContaining('gallery') as string,
    });
  });
});

describe('parseManifest', () => {
  it.each([
    ['name', undefined, '"name"'],
    ['surprise', 1, '"surprise"'],
    ['schema', 2, '/schema'],
    ['networks.detector.stride', 'four', '/networks/detector/stride'],
    ['networks.items.cropScale', 0.5, '/networks/items/cropScale'],
    ['networks.items.outputs.scores', ['N', 3], '/networks/items/outputs/scores'],
    ['networks.detector.file', '../detector.onnx', '/networks/detector/file'],
    ['networks.items.file', 'other.onnx', 'other.onnx'],
    ['networks.items.half', 'other.onnx', 'other.onnx'],
    ['designs.0.diameterMm', -1, '/designs/0/diameterMm'],
    ['designs.0.threshold', 'nowhere', '/designs/0/threshold'],
    ['designs.1.id', 'red', 'repeats'],
    ['classes.0.designs', ['green'], 'green'],
    ['gallery.vectors.0.class', 7, '/gallery/vectors/0 names the class 7'],
    ['thresholds.drawn.evidence', null, 'without its evidence'],
    ['thresholds.drawn.wider', 'nowhere', '/thresholds/drawn/wider names "nowhere"'],
    ['thresholds.drawn.wider', 'drawn', 'no wider'],
    ['thresholds.drawn.evidence.scope', 'everyone', '/thresholds/drawn/evidence'],
    ['judge.unknownSimilarity', 3, '/judge/unknownSimilarity'],
    ['judge.turns', 3, '/judge/turns'],
    ['judge.lookAlikes', [{ classes: [0], margin: 0.1 }], '/judge/lookAlikes/0/classes'],
    ['judge.lookAlikes', [{ classes: [0, 2], margin: 0.1 }], '/judge/lookAlikes/0 names the class 2'],
    ['judge.lookAlikes', [{ classes: [0, 1], margin: -0.1 }], '/judge/lookAlikes/0/margin'],
    ['classes.0.unknownSimilarity', -2, '/classes/0/unknownSimilarity'],
  ])('refuses %s = %j, naming it', (where, value, message) => {
    expect(() => parseManifest(changed(where, value))).toThrow(
      expect.objectContaining({ code: 'BUNDLE_INVALID', message: expect.stringContaining(message) as string }),
    );
  });

  it.each([
    ['judge.turns', 2],
    ['judge.lookAlikes', [{ classes: [0, 1], margin: 0.1 }]],
    ['classes.0.unknownSimilarity', 0.4],
  ])('takes %s = %j', (where, value) => {
    expect(() => parseManifest(changed(where, value))).not.toThrow();
  });

  it('refuses what is not JSON', () => {
    expect(() => parseManifest(Buffer.from('{'))).toThrow('not JSON');
  });
});

describe('the networks', () => {
  const spec = {
    input: { name: 'crops', shape: ['N', 3, 8, 8], type: 'float32', color: 'rgb', mean: 0, std: 1 },
    outputs: { embedding: ['N', 4] },
    batches: [1, 4],
  } as const;
  const signature = { inputs: { crops: ['batch', 3, 8, 8] }, outputs: { embedding: ['batch', 4], more: [1] } };

  it('that are as the manifest says are taken, whatever the batch axis is called', () => {
    expect(() => checkSignature('items', spec, signature)).not.toThrow();
  });

  it.each([
    ['output "embedding" is [batch, 5], wanted [N, 4]', { ...signature, outputs: { embedding: ['batch', 5] } }],
    ['input "crops" is [1, 3, 8, 8], wanted [N, 3, 8, 8]', { ...signature, inputs: { crops: [1, 3, 8, 8] } }],
    ['no output "embedding"', { ...signature, outputs: { other: [1] } }],
    ['an input "mask"', { ...signature, inputs: { ...signature.inputs, mask: [1] } }],
  ])('that are not are refused: %s', (message, found) => {
    expect(() => checkSignature('items', spec, found)).toThrow(
      expect.objectContaining({
        code: 'NETWORK_SHAPE',
        message: expect.stringContaining(`items: ${message}`) as string,
      }),
    );
  });

  it('are warmed up at every batch, and what comes back is looked at', async () => {
    const batches: number[] = [];
    const network = (fill: number, wide: number): LoadedNetwork => ({
      signature,
      provider: 'test',
      fallbacks: [],
      prepared: false,
      run: async (_, { shape: [batch = 0] }) => {
        batches.push(batch);
        return await Promise.resolve({
          embedding: { shape: [batch, wide], data: new Float32Array(batch * wide).fill(fill) },
        });
      },
      close: async () => await Promise.resolve(),
    });
    await warmUp('items', spec, network(0, 4));
    expect(batches).toEqual([1, 4]);
    await expect(warmUp('items', spec, network(0, 3))).rejects.toMatchObject({ code: 'NETWORK_SHAPE' });
    await expect(warmUp('items', spec, network(Number.NaN, 4))).rejects.toMatchObject({ code: 'INFER_FAILED' });
  });
});

it('a similarity is the mean of the nearest cosines', () => {
  const vectors = Float32Array.of(1, 0, 0.6, 0.8, 0, 1);
  expect(similarity(Float32Array.of(1, 0), vectors, 2)).toBeCloseTo(0.8);
  expect(similarity(Float32Array.of(1, 0), vectors, 9)).toBeCloseTo(1.6 / 3);
  expect(similarity(Float32Array.of(1, 0), new Float32Array(0), 2)).toBe(-1);
});

it('a similarity finds the nearest wherever they lie, in any number of dimensions', () => {
  const [dim, rows] = [7, 30];
  // Neither sorted nor repeated: steps of a number that shares no divisor with the count.
  const value = (at: number) => ((at * 37) % 211) / 105 - 1;
  const one = Float32Array.from({ length: dim }, (_, at) => value(at + 500));
  const vectors = Float32Array.from({ length: dim * rows }, (_, at) => value(at));
  const cosines = Array.from({ length: rows }, (_, row) =>
    one.reduce((sum, x, k) => sum + x * (vectors[row * dim + k] ?? 0), 0),
  ).toSorted((a, b) => b - a);
  for (const used of [1, 2, 5]) {
    const mean = cosines.slice(0, used).reduce((sum, x) => sum + x, 0) / used;
    expect(similarity(one, vectors, used), `${String(used)} nearest`).toBeCloseTo(mean, 10);
  }
});

it('versions are compared as numbers', () => {
  expect(isAtLeast('0.10.0', '0.9.5')).toBe(true);
  expect(isAtLeast('0.9.5', '0.10.0')).toBe(false);
  expect(isAtLeast('1.0.0', '1.0.0')).toBe(true);
});

describe('parseCalibration', () => {
  const good = {
    schema: 1,
    pxPerMm: 7,
    reference: 'empty.jpg',
    at: '2030-01-01T00:00:00Z',
    camera: { width: 1280, height: 960 },
  };

  it('reads a calibration', () => {
    expect(parseCalibration(JSON.stringify(good))).toEqual({ ...good, scale: null, empty: null });
  });

  it.each([
    [{ pxPerMm: '7' }, 'pxPerMm is "7"'],
    [{ pxPerMm: 0 }, 'pxPerMm is 0'],
    [{ reference: '../empty.jpg' }, 'reference'],
    [{ reference: undefined }, 'reference is nothing'],
    [{ camera: { width: 20_000, height: 960 } }, 'camera.width is 20000'],
    [{ at: 'yesterday' }, 'at is "yesterday"'],
    [{ schema: 2 }, 'schema is 2'],
  ])('refuses %j', (change, message) => {
    expect(() => parseCalibration(JSON.stringify({ ...good, ...change }))).toThrow(
      expect.objectContaining({ code: 'CALIBRATION_INVALID', message: expect.stringContaining(message) as string }),
    );
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EvaluateOptions, judgeCups, sumUp } from '../../src/cli/evaluate/evaluate.js';
import { exitCodeOf, judgePictures, type JudgeOptions, type PictureDocument } from '../../src/cli/judge.js';
import { offlineEngine } from '../../src/cli/offline-engine.js';
import { shippedBundle } from '../../src/daemon/config/shipped-bundle.js';
import { readPicture } from '../../src/cli/read-picture.js';
import { encodeJpeg } from '../../src/native/jpeg.js';
import { OnnxRuntime } from '../../src/hw/inference/onnx-runtime.js';
import { loadBundle } from '../../src/pipeline/bundle/load.js';
import { detect } from '../../src/pipeline/detect.js';
import { type Engine, loadEngine } from '../../src/pipeline/engine.js';
import { emptyCup } from '../../src/pipeline/judge-cup.js';
import { measureItems } from '../../src/pipeline/measure.js';
import { sceneOf } from '../../src/pipeline/scene.js';
import { findUnexplained } from '../../src/pipeline/unexplained.js';
import { anyTrust } from '../fixtures/any-trust.js';
import { compiled } from '../fixtures/compiled.js';
import { draw } from '../fixtures/drawing.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';

interface DemoCup {
  readonly image: string;
  readonly order: { readonly design: string; readonly count: number };
  readonly expected: { readonly verdict: 'green' | 'amber'; readonly reason: string | null };
}

const demo = new URL('../../models/demo/', import.meta.url).pathname;
const cups = readFileSync(join(demo, 'demo.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as DemoCup);
const { pxPerMm } = JSON.parse(readFileSync(join(demo, 'calibration.json'), 'utf8')) as { pxPerMm: number };

const options = (change: Partial<JudgeOptions>): JudgeOptions => ({
  images: [],
  bundle: null,
  gallery: null,
  expect: null,
  count: null,
  pxPerMm: null,
  reference: null,
  overrideNotCovered: false,
  unread: 'accept',
  sharedSides: 'strict',
  minInformative: 1,
  precision: 'fp32',
  threads: 2,
  ...change,
});

async function judgeAll(change: Partial<JudgeOptions>): Promise<PictureDocument[]> {
  const documents: PictureDocument[] = [];
  for await (const document of judgePictures(options(change))) documents.push(document);
  return documents;
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-pipeline-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function save(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('the shipped bundle on the demo’s cups', () => {
  it.each(cups)('$image is $expected.verdict $expected.reason', async ({ image, order, expected }) => {
    const [document] = await judgeAll({
      images: [join(demo, image)],
      expect: order.design,
      count: order.count,
      pxPerMm,
      reference: join(demo, 'empty.jpg'),
    });
    expect(document).toMatchObject({ verdict: expected.verdict });
    if (expected.reason !== null)
      expect(document).toMatchObject({
        reasons: expect.arrayContaining([expect.objectContaining({ reason: expected.reason })]) as unknown,
      });
  });
});

it('the shipped bundle says the same of the demo’s cups in half precision', async () => {
  const images = cups.map(({ image }) => join(demo, image));
  const asked = { images, pxPerMm, reference: join(demo, 'empty.jpg') };
  const verdictsAt = async (precision: 'fp32' | 'fp16') =>
    (await judgeAll({ ...asked, precision })).map((document) =>
      'verdict' in document ? [document.verdict, document.design] : document,
    );
  expect(await verdictsAt('fp16')).toEqual(await verdictsAt('fp32'));
});

describe('a missed item cannot hide', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await offlineEngine(null, 2);
  });
  afterAll(async () => {
    await engine.close();
  });

  it.each(cups.filter(({ expected }) => expected.verdict === 'green'))('in $image', async ({ image }) => {
    const picture = await readPicture(join(demo, image));
    const empty = emptyCup(await readPicture(join(demo, 'empty.jpg')), engine);
    const spec = engine.bundle.manifest.networks.detector;
    const scene = sceneOf(picture, spec);
    const detections = await detect(scene, spec, engine.detector);
    const outlines = measureItems(picture, detections.items, pxPerMm).map(({ outline }) => outline);
    const smallestPx = Math.min(...engine.bundle.manifest.designs.map(({ diameterMm }) => diameterMm)) * pxPerMm;
    const blind = { ...detections, mask: new Float32Array(detections.mask.length) };
    const rest = (missed: number) => outlines.filter((_, index) => index !== missed);
    const disc = (Math.PI / 4) * smallestPx ** 2;
    expect(findUnexplained(scene, empty, detections, outlines, disc)).toEqual([]);
    for (const missed of outlines.keys()) {
      expect(
        findUnexplained(scene, empty, blind, rest(missed), disc),
        `by the reference, item ${String(missed)}`,
      ).not.toEqual([]);
      expect(
        findUnexplained(scene, null, detections, rest(missed), disc),
        `by the mask, item ${String(missed)}`,
      ).not.toEqual([]);
    }
  });
});

/** A PNG that says it is so large and holds nothing. */
function emptyPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(0))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}

/** The same JPEG with another size in its header. */
function resized(jpeg: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(jpeg);
  const at = copy.indexOf(Buffer.from([0xff, 0xc0]));
  copy.writeUInt16BE(height, at + 5);
  copy.writeUInt16BE(width, at + 7);
  return copy;
}

describe('bad pictures', () => {
  const good = encodeJpeg(draw({ width: 320, height: 240, bottom: [90, 90, 90], items: [] }), 90);
  let bundle = '';
  beforeAll(() => {
    bundle = join(folder, 'tiny');
    writeTinyBundle(bundle);
  });

  it('are refused one by one, and the others are judged', async () => {
    const images = {
      'good.jpg': good,
      'truncated.jpg': good.subarray(0, good.length >> 1),
      'zero.jpg': resized(good, 0, 0),
      'huge.jpg': resized(good, 20_000, 20_000),
      'text.jpg': 'not a picture',
      'zero.png': emptyPng(0, 0),
      'huge.png': emptyPng(20_000, 20_000),
      'hollow.png': emptyPng(100, 100),
      'last.jpg': good,
    };
    const paths = Object.entries(images).map(([name, bytes]) => save(name, bytes));
    const documents = await judgeAll({
      images: [...paths, join(folder, 'absent.jpg'), folder],
      bundle,
      expect: 'red',
      count: 3,
    });
    expect(documents.map((document) => ('error' in document ? document.error.code : document.verdict))).toEqual([
      'amber',
      'PICTURE_CORRUPT',
      'PICTURE_SIZE',
      'PICTURE_SIZE',
      'PICTURE_CORRUPT',
      'PICTURE_CORRUPT',
      'PICTURE_SIZE',
      'PICTURE_CORRUPT',
      'amber',
      'PICTURE_UNREADABLE',
      'PICTURE_UNREADABLE',
    ]);
    expect(exitCodeOf(documents)).toBe(2);
    expect(exitCodeOf(documents.slice(0, 1))).toBe(1);
  });

  it('a design that the bundle does not know is refused with the nearest that it knows', async () => {
    await expect(judgeAll({ images: [save('a.jpg', good)], bundle, expect: 'rde' })).rejects.toMatchObject({
      code: 'ORDER_INVALID',
      message: expect.stringContaining('did you mean "red"') as string,
    });
  });

  it('a network whose shape is not the manifest’s is refused when it is loaded', async () => {
    const path = join(bundle, 'manifest.json');
    const manifest = readFileSync(path, 'utf8');
    const wrong = manifest.replace('"name":"image","shape"', '"name":"picture","shape"');
    expect(wrong).not.toBe(manifest);
    writeFileSync(path, wrong);
    const loading = loadEngine(
      await loadBundle(bundle, anyTrust),
      new OnnxRuntime({ providers: ['cpu'], require: null, threads: 1 }),
    );
    await expect(loading).rejects.toMatchObject({
      code: 'NETWORK_SHAPE',
      message: expect.stringContaining('detector: no input "picture"') as string,
    });
    writeFileSync(path, manifest);
  });
});

describe('evaluate', () => {
  const base: EvaluateOptions = {
    folder: '',
    bundle: shippedBundle,
    judges: [],
    gallery: null,
    precision: 'fp32',
    overrideNotCovered: false,
    acceptUnread: true,
    threshold: null,
    sharedSides: 'strict',
    minInformative: 1,
    knownDesigns: null,
    ignoreReference: false,
    ignoreScale: false,
    cupsOut: null,
    jobs: 2,
    worker: compiled('cli/evaluate/worker.ts'),
    onProgress: null,
    signal: new AbortController().signal,
  };
  const truthOf = (names: readonly string[]) =>
    cups
      .filter(({ image }) => names.some((name) => image.includes(name)))
      .map(({ image, order, expected }) =>
        JSON.stringify({
          image,
          kind: expected.reason ?? 'clean',
          design: expected.verdict === 'green' ? order.design : null,
          expect: order.design,
          count: order.count,
          px_per_mm: pxPerMm,
          reference: 'empty.jpg',
          items: [],
          green_allowed: expected.verdict === 'green',
        }),
      )
      .join('\n');

  beforeAll(() => {
    for (const name of ['01-oak-mark.jpg', '10-wrong-count.jpg', 'empty.jpg'])
      save(name, readFileSync(join(demo, name)));
  });

  it('judges each cup as ordered, sums up, and writes a line a cup', async () => {
    save('truth.jsonl', truthOf(['01-oak', '10-wrong']));
    const cupsOut = join(folder, 'cups.jsonl');
    const summary = sumUp(await judgeCups({ ...base, folder, cupsOut }));
    expect(summary).toMatchObject({
      cups: 2,
      coverage: { part: 1, of: 1 },
      bad: { cups: 1, falseGreens: 0 },
      falseGreenImages: [],
    });
    const lines = readFileSync(cupsOut, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { image: '01-oak-mark.jpg', verdict: 'green', design: 'oak-mark' },
      { image: '10-wrong-count.jpg', verdict: 'amber', reasons: ['count_mismatch'] },
    ]);
  });

  it('sees a false green when a threshold is set to let everything pass and the truth forbids it', async () => {
    save('truth.jsonl', truthOf(['01-oak']).replace('"green_allowed":true', '"green_allowed":false'));
    expect(sumUp(await judgeCups({ ...base, folder, threshold: 0 }))).toMatchObject({
      bad: { falseGreens: 1, bound: 1 },
    });
  });
});

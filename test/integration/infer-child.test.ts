import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InferParent } from '../../src/daemon/infer/parent.js';
import type { InferSettings } from '../../src/daemon/infer/settings.js';
import { keptBytes } from '../../src/daemon/golden/golden-folder.js';
import type { FrameRef, JudgeRequest, KeptFile, ReplayRequest } from '../../src/daemon/ports.js';
import { FrameRing } from '../../src/native/frame-ring.js';
import { encodeJpeg } from '../../src/native/jpeg.js';
import type { Picture } from '../../src/pipeline/frame.js';
import { compiled } from '../fixtures/compiled.js';
import { keyPair, writeSignedBundle } from '../fixtures/signed-bundle.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';
import { fresh } from '../unit/infer/requests.js';

const never = new AbortController().signal;
const width = 640;
const height = 480;

/** A chequered grey cup, with a dark square of that side in its middle. */
function cup(square = 0): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    data.fill((x >> 5) % 2 === (y >> 5) % 2 ? 120 : 140, pixel * 3, pixel * 3 + 3);
  }
  for (let y = 0; y < square; y++) {
    const from = ((height - square) / 2 + y) * width + (width - square) / 2;
    data.fill(30, from * 3, (from + square) * 3);
  }
  return { width, height, format: 'rgb', stride: width * 3, data };
}

let folder: string;
let ring: FrameRing;
let parent: InferParent;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-infer-'));
  mkdirSync(join(folder, 'home'));
  writeTinyBundle(join(folder, 'bundle'));
  writeFileSync(join(folder, 'empty.jpg'), encodeJpeg(cup(), 90));
  const calibration = {
    schema: 1,
    pxPerMm: 7,
    reference: 'empty.jpg',
    at: '2030-01-01T00:00:00Z',
    camera: { width, height },
  };
  writeFileSync(join(folder, 'calibration.json'), JSON.stringify(calibration));
  ring = FrameRing.create({ slots: 8, slotBytes: width * height * 3 });
  parent = inferOf({});
  await untilTold(parent, 'ready');
});

afterAll(async () => {
  await parent?.stop();
  ring?.close();
  rmSync(folder, { recursive: true });
});

function inferOf(change: Partial<InferSettings>): InferParent {
  const policy = {
    count: null,
    sharedSides: 'strict',
    minInformative: 1,
    overrideNotCovered: false,
    acceptUnread: false,
    maxGreenIfBad: null,
    acceptBound: 'pooled',
  } as const;
  return new InferParent({
    settings: {
      bundlePath: join(folder, 'bundle'),
      trust: { folder: join(folder, 'trusted.d'), allowUnsigned: true },
      bundleSha256: null,
      gallery: null,
      calibrationPath: join(folder, 'calibration.json'),
      judge: null,
      code: null,
      policy: { mode: 'identify', ...policy },
      precision: 'fp32',
      engines: null,
      threads: 1,
      providers: { order: ['cpu'], require: null },
      ...change,
    },
    ringFd: ring.fd,
    timeoutMs: 20_000,
    loadTimeoutMs: 30_000,
    pingEveryMs: 60_000,
    log: pino({ level: 'silent' }),
    entry: fileURLToPath(compiled('daemon/infer/child.ts')),
    env: { PATH: process.env['PATH'], HOME: join(folder, 'home'), XDG_CACHE_HOME: join(folder, 'home') },
  });
}

/** Starts it and resolves with the error told with that state. */
async function untilTold(infer: InferParent, wanted: 'ready' | 'failed'): Promise<Error | null> {
  const told = new Promise<Error | null>((resolve) => {
    infer.onState((state, error) => {
      if (state === wanted) resolve(error);
    });
  });
  await infer.start();
  return told;
}

let seq = 0;

function place(content: Picture | Uint8Array): JudgeRequest['first'] {
  const slot = ring.acquire();
  if (slot === null) throw new Error('the ring is full');
  const jpeg = content instanceof Uint8Array;
  const written = ring.write(slot, jpeg ? content : content.data);
  ring.release(slot);
  seq++;
  const size = jpeg ? { width: 0, height: 0, stride: 0 } : { width, height, stride: width * 3 };
  return { ...written, encoding: jpeg ? 'jpeg' : 'rgb', ...size, stamp: fresh(seq, BigInt(seq) * 1_000_000n) };
}

const jpegOf = (picture: Picture): Uint8Array => encodeJpeg(picture, 90);
const judge = (cupId: string, first: JudgeRequest['first'], second: JudgeRequest['first']) =>
  parent.judge({ cup: cupId, first, second, order: null }, never);

describe('the real judging process', () => {
  it('says what it works with', () => {
    expect(parent.info).toMatchObject({
      provider: 'cpu',
      fallback: null,
      bundle: { name: 'tiny', version: '1.0.0' },
      signedBy: null,
      designs: [
        { id: 'red', name: 'A red disc', covered: true },
        { id: 'blue', name: 'A blue disc', covered: false },
      ],
    });
    expect(parent.info?.calibrationSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['JPEG', jpegOf],
    ['raw pixels', (picture: Picture) => picture],
  ])('judges %s: an empty cup, and one that holds what it cannot explain', async (_, encode) => {
    const empty = await judge('c1', place(encode(cup())), place(encode(cup())));
    expect(empty).toMatchObject({
      verdict: 'amber',
      reasons: [{ reason: 'empty_cup' }],
      warnings: ['no_count', 'unsigned_bundle'],
    });
    const strange = await judge('c2', place(encode(cup(160))), place(encode(cup(160))));
    expect(strange.verdict === 'amber' && strange.reasons.map(({ reason }) => reason)).toContain('unexplained');
    expect(strange.ms.decode).toBeGreaterThanOrEqual(0);
  });

  it('compares later frames with the cup judged last, and with no other', async () => {
    const frame = place(jpegOf(cup(160)));
    await judge('c3', frame, place(jpegOf(cup(160))));
    const same = await parent.compare('c3', place(jpegOf(cup(160))), never);
    expect(same).toEqual({ same: true, difference: 0 });
    expect((await parent.compare('c3', place(jpegOf(cup())), never)).same).toBe(false);
    await expect(parent.compare('c2', frame, never)).rejects.toMatchObject({ code: 'CUP_UNKNOWN' });
  });

  it('judges a picture of the disk in its own scene, only as it was kept, and goes on comparing the cup before', async () => {
    const keep = (name: string, jpeg: Uint8Array): KeptFile => {
      const path = join(folder, name);
      writeFileSync(path, jpeg);
      return { path, ...keptBytes(jpeg) };
    };
    const request: ReplayRequest = {
      cup: 'golden',
      picture: keep('golden.jpg', jpegOf(cup(160))),
      empty: keep('golden-empty.jpg', jpegOf(cup())),
      pxPerMm: 7,
      codeZone: null,
      asked: { mode: 'confirm', design: 'red', count: 1 },
    };
    const reasonsOf = async (change: Partial<ReplayRequest>) =>
      (await parent.replay({ ...request, ...change }, never)).reasons.map(({ reason }) => reason);
    const frame = place(jpegOf(cup(160)));
    await judge('c8', frame, place(jpegOf(cup(160))));
    expect(await reasonsOf({})).toContain('unexplained');
    // Beside the empty cup of its own nothing is strange; in a code's zone nothing is looked at.
    expect(await reasonsOf({ empty: request.picture })).not.toContain('unexplained');
    expect(await reasonsOf({ codeZone: [200, 120, 240, 240] })).not.toContain('unexplained');
    expect((await parent.compare('c8', place(jpegOf(cup(160))), never)).same).toBe(true);
    writeFileSync(request.picture.path, jpegOf(cup()));
    for (const change of [{}, { picture: { ...request.picture, path: join(folder, 'gone.jpg') } }])
      await expect(parent.replay({ ...request, ...change }, never)).rejects.toMatchObject({ code: 'GOLDEN_INVALID' });
  });

  it('refuses a truncated picture and a frame that was replaced, and judges the next', async () => {
    const whole = jpegOf(cup(160));
    await judge('c4', place(whole), place(whole));
    const truncated = place(whole.slice(0, whole.length / 2));
    await expect(judge('c4', truncated, truncated)).rejects.toMatchObject({ code: 'PICTURE_CORRUPT' });
    // Not with the frame of the cup's earlier judgement.
    await expect(parent.compare('c4', place(whole), never)).rejects.toMatchObject({ code: 'CUP_UNKNOWN' });
    const replaced: FrameRef = place(whole);
    for (let n = 0; n < ring.slots; n++) place(whole);
    const request = { ...replaced, stamp: fresh(1, 5n) };
    await expect(judge('c5', request, request)).rejects.toMatchObject({ code: 'FRAME_OVERWRITTEN' });
    expect((await judge('c6', place(whole), place(whole))).verdict).toBe('amber');
  });

  it('is ready again soon after it was killed', async () => {
    if (parent.pid === undefined) throw new Error('the child does not run');
    const startedMs = performance.now();
    const again = new Promise<void>((resolve) => {
      const stop = parent.onState((state) => {
        if (state !== 'ready') return;
        stop();
        resolve();
      });
    });
    process.kill(parent.pid, 'SIGKILL');
    await again;
    console.log(`killed: ready again after ${(performance.now() - startedMs).toFixed(0)} ms (tiny bundle)`);
    expect((await judge('c7', place(jpegOf(cup())), place(jpegOf(cup())))).verdict).toBe('amber');
  });

  it.each([
    ['BUNDLE_MISSING', { bundlePath: '/nonexistent' }, '/nonexistent'],
    ['BUNDLE_UNSIGNED', { trust: { folder: '/nowhere', allowUnsigned: false } }, 'no signature'],
    ['CALIBRATION_INVALID', { calibrationPath: '/nonexistent.json' }, '/nonexistent.json'],
    ['PROVIDER_UNAVAILABLE', { providers: { order: ['tensorrt', 'cpu'], require: 'tensorrt' } }, 'tensorrt'],
  ] as const)('fails with %s, and says with what', async (code, change, named) => {
    const infer = inferOf(change);
    const error = await untilTold(infer, 'failed');
    await infer.stop();
    expect(error).toMatchObject({ code });
    expect(error?.message).toContain(named);
  });

  it('takes a bundle that a trusted key signed, and does not warn of it', async () => {
    const pair = keyPair();
    const [bundlePath, trusted] = [join(folder, 'signed'), join(folder, 'trusted.d')];
    writeSignedBundle(bundlePath, pair);
    mkdirSync(trusted);
    writeFileSync(join(trusted, 'workshop.pub'), pair.publicPem);
    const infer = inferOf({ bundlePath, trust: { folder: trusted, allowUnsigned: false } });
    await untilTold(infer, 'ready');
    const frames = { first: place(jpegOf(cup())), second: place(jpegOf(cup())) };
    const { warnings } = await infer.judge({ cup: 'c8', ...frames, order: null }, never);
    expect(infer.info?.signedBy).toEqual({ key: pair.trusted.id, name: 'workshop' });
    await infer.stop();
    expect(warnings).toEqual(['no_count']);
  });

  it('refuses a bundle that was changed by one byte', async () => {
    const bundlePath = join(folder, 'changed');
    writeTinyBundle(bundlePath);
    appendFileSync(join(bundlePath, 'gallery.f32'), ' ');
    const infer = inferOf({ bundlePath });
    const error = await untilTold(infer, 'failed');
    await infer.stop();
    expect(error).toMatchObject({ code: expect.stringMatching(/^BUNDLE_/) as string });
  });

  it('says so where another provider than the first wanted serves', async () => {
    const infer = inferOf({ providers: { order: ['cuda', 'cpu'], require: null } });
    await untilTold(infer, 'ready');
    expect(infer.info).toMatchObject({
      provider: 'cpu',
      fallback: expect.stringMatching(/^cuda: /) as string,
    });
    await infer.stop();
  });
});

/** The inodes of the process's internet sockets, of any protocol. */
function internetSockets(pid: number): string[] {
  const tables = ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6'].map((name) =>
    readFileSync(`/proc/${String(pid)}/net/${name}`, 'utf8'),
  );
  const known = new Set(
    tables.flatMap((table) =>
      table
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/)[9]),
    ),
  );
  const own = readdirSync(`/proc/${String(pid)}/fd`).flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${String(pid)}/fd/${fd}`))?.[1];
    return inode === undefined ? [] : [inode];
  });
  return own.filter((inode) => known.has(inode));
}

describe('privacy of the judging process', () => {
  it('writes nothing at home and opens no internet socket', async () => {
    await judge('c8', place(jpegOf(cup(160))), place(jpegOf(cup(160))));
    if (parent.pid === undefined) throw new Error('the child does not run');
    expect(readFileSync(`/proc/${String(parent.pid)}/maps`, 'utf8')).toContain('libonnxruntime');
    expect(readFileSync(`/proc/${String(parent.pid)}/environ`, 'utf8')).toContain('ORT_DISABLE_TELEMETRY=1');
    expect(readdirSync(join(folder, 'home'), { recursive: true })).toEqual([]);
    expect(internetSockets(parent.pid)).toEqual([]);
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../../src/daemon/config/load.js';
import { inferSettings } from '../../../src/daemon/from-config.js';
import { keepGolden, keptBytes, listGolden } from '../../../src/daemon/golden/golden-folder.js';
import { replayOf } from '../../../src/daemon/golden/replay-golden.js';
import { InferParent } from '../../../src/daemon/infer/parent.js';
import { FrameRing } from '../../../src/native/frame-ring.js';
import { compiled } from '../../fixtures/compiled.js';
import { goldenRecord } from '../../fixtures/golden-station.js';
import { documentsOf, runVerb } from '../../fixtures/run-verb.js';
import { colourNetworkIn8Bits, writeTinyBundle } from '../../fixtures/tiny-bundle.js';
import { camera, cupJpeg, type Item } from '../../system/cups.js';
import { seeingDetector } from '../../system/seeing-detector.js';

// At the lowest priority it takes long beside anything else that runs.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const never = new AbortController().signal;
let root: string;
let config: string;
let golden: string;
const run = (...argv: string[]) => runVerb(config, ...argv);

/** Red is `red`, and covered; blue is not. */
async function keep(seq: number, items: readonly Item[]): Promise<void> {
  const jpeg = cupJpeg({ name: 'cup', items, seed: seq });
  const expected = { mode: 'identify', design: 'red', count: null } as const;
  const scene = { pxPerMm: camera.pxPerMm, empty: null, codeZone: null };
  const truth = items.includes('blue') ? 'wrong' : 'ok';
  const cup = `00000000-0000-7000-8000-00000000000${seq}`;
  await keepGolden(golden, goldenRecord({ cup, seq, truth, picture: keptBytes(jpeg), expected, scene }), jpeg, null);
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-eight-bit-'));
  golden = join(root, 'state', 'golden');
  config = join(root, 'config.yaml');
  await keep(1, ['red', 'red', 'red']);
  await keep(2, ['red', 'blue', 'red']);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The config of a station with that bundle. */
function useBundle(name: string, ...copy: Parameters<typeof colourNetworkIn8Bits>): void {
  writeTinyBundle(join(root, name), seeingDetector, colourNetworkIn8Bits(...copy));
  writeFileSync(
    config,
    stringify({
      state: { path: join(root, 'state') },
      station: { mode: 'identify' },
      bundle: { path: join(root, name), allowUnsigned: 'any', trusted: join(root, 'trusted.d') },
      providers: { order: ['cpu'] },
      infer: { precision: 'auto' },
      engines: { maxScoreDifference: 0.05 },
    }),
  );
}

/** The golden pictures as the station's judging process judges them, and in what it does. */
async function judged() {
  const loaded = loadConfig(config, {}, []);
  if (!loaded.ok) throw loaded.problems[0];
  const ring = FrameRing.create({ slots: 1, slotBytes: 4096 });
  const infer = new InferParent({
    settings: inferSettings(loaded.config),
    ringFd: ring.fd,
    timeoutMs: 60_000,
    loadTimeoutMs: 120_000,
    pingEveryMs: 60_000,
    log: pino({ level: 'silent' }),
    entry: fileURLToPath(compiled('daemon/infer/child.ts')),
  });
  try {
    const ready = new Promise<void>((resolve, reject) => {
      infer.onState((state, error) => (state === 'ready' ? resolve() : error === null ? undefined : reject(error)));
    });
    await infer.start();
    await ready;
    const cups = [];
    for (const one of await listGolden(golden))
      if (one.ok) cups.push(await infer.replay(replayOf(golden, one.record), never));
    return { info: infer.info, cups };
  } finally {
    await infer.stop();
    ring.close();
  }
}

const rightAndWrong = [{ verdict: 'green', design: 'red' }, { verdict: 'amber' }];

describe('a copy of the items network in 8 bits, on the CPU', () => {
  it('has its engine built, is found to judge like 32 bits, and the station judges by it', async () => {
    useBundle('good');
    const built = await run('engine', 'build', '--precision', 'int8', '--json');
    const [{ engines: [engine] = [] } = {}] = documentsOf(built) as { engines?: Record<string, unknown>[] }[];
    expect(built).toMatchObject({ code: 0 });
    expect(engine).toMatchObject({ precision: 'int8', outcome: 'built', proof: { outcome: 'same', pictures: 2 } });
    // It computes otherwise than 32 bits do: what was built is the copy.
    expect((engine as { proof: { difference: number } }).proof.difference).toBeGreaterThan(0);

    const { info, cups } = await judged();
    expect(info).toMatchObject({
      provider: 'cpu',
      fallback: null,
      precision: { used: 'int8', because: 'auto: the same verdicts over 2 golden pictures' },
      engine: { used: engine?.['key'], because: null },
    });
    expect(cups).toMatchObject(rightAndWrong);
    // Rounding, convolution and rounding are one operator on integers.
    const prepared = readFileSync(join(root, 'state', 'engines', String(engine?.['key']), 'items.onnx'));
    expect(prepared.includes('QLinearConv')).toBe(true);
  });

  it('that was not asked for by the config is said not to serve yet', async () => {
    useBundle('good');
    const { code, out } = await run('engine', 'build', '--precision', 'int8', '--set', 'infer.precision=fp32');
    expect(out).toContain('nothing to do');
    expect(out.replaceAll(/\s+/g, ' ')).toContain('infer.precision is fp32. It serves once that is int8, or auto.');
    expect(code).toBe(0);
  });

  it('is refused where it judges otherwise, and 32 bits judge on', async () => {
    useBundle('bad', [2, 1, 0]);
    const asked = await run('engine', 'build', '--precision', 'int8');
    expect(asked.out).toContain('REFUSED');
    expect(asked.out).toMatch(/cup 1: it is amber, on the CPU green/);
    expect(asked.code).toBe(1);
    const built = await run('engine', 'build', '--json');
    expect(documentsOf(built)).toMatchObject([
      {
        engines: [
          { precision: 'int8', outcome: 'nothing_to_do', proof: { outcome: 'different' } },
          { precision: 'fp32', outcome: 'built', proof: { outcome: 'same' } },
        ],
      },
    ]);
    expect(built.code).toBe(0);

    const { info, cups } = await judged();
    const because = expect.stringContaining('auto: int8 is not used: REFUSED') as string;
    expect(info).toMatchObject({ precision: { used: 'fp32', because } });
    expect(cups).toMatchObject(rightAndWrong);
  });
});

import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LoadedConfig, loadConfig } from '../../../src/daemon/config/load.js';
import { buildEngines } from '../../../src/daemon/engines/build-engine.js';
import { lockHolder } from '../../../src/daemon/folder-lock.js';
import { thisMachine } from '../../../src/daemon/engines/machine.js';
import { loadPictureJudge } from '../../../src/daemon/engines/picture-judge.js';
import type { EngineBuilder } from '../../../src/pipeline/ports.js';
import { inferSettings } from '../../../src/daemon/from-config.js';
import { InferParent } from '../../../src/daemon/infer/parent.js';
import { FrameRing } from '../../../src/native/frame-ring.js';
import { compiled } from '../../fixtures/compiled.js';
import { supportedProviders } from '../../../src/hw/inference/onnx-runtime.js';
import { OptimisedModel } from '../../../src/hw/inference/optimised-model.js';
import { writeEngineStation } from '../../fixtures/engine-station.js';
import { documentsOf, type EndedVerb, runVerb, startVerb } from '../../fixtures/run-verb.js';

// At the lowest priority it takes long beside anything else that runs.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

interface Built {
  readonly key: string;
  readonly precision: string;
  readonly outcome: string;
  readonly proof: { readonly outcome: string; readonly pictures: number; readonly difference: number | null };
}

const autoKeys = ['infer.precision=auto'] as const;
const auto = autoKeys.flatMap((key) => ['--set', key]);
type GoodConfig = Extract<LoadedConfig, { ok: true }>;

/** Spoils the weights of the items network in 16 bits. */
class Spoiling extends OptimisedModel {
  override prepare(...[model, network, precision, ...rest]: Parameters<EngineBuilder['prepare']>): Promise<Uint8Array> {
    if (network.name !== 'items' || precision !== 'fp16') return super.prepare(model, network, precision, ...rest);
    const spoiled = Buffer.from(model);
    const middle = spoiled.length >> 1;
    spoiled.fill(0, middle, middle + 2000);
    return super.prepare(spoiled, network, precision, ...rest);
  }
}

let root: string;
let config: string;
let store: string;
const run = (...argv: string[]): Promise<EndedVerb> => runVerb(config, ...argv);
const builtBy = (ended: EndedVerb): readonly Built[] =>
  (documentsOf(ended)[0] as { engines?: readonly Built[] } | undefined)?.engines ?? [];
const keysIn = (): string[] =>
  (existsSync(store) ? readdirSync(store) : []).filter((name) => /^[0-9a-f]{64}$/.test(name));
const status = async (...argv: string[]) =>
  documentsOf(await run('engine', 'status', '--json', ...argv))[0] as unknown as {
    readonly precision: { readonly used: string; readonly because: string | null };
    readonly engine: { readonly used: string | null; readonly because: string | null };
    readonly engines: readonly { readonly key: string; readonly state: string; readonly why: string | null }[];
  };

/** None where the thread has ended since it was listed. */
function niceOf(thread: string): string[] {
  try {
    const fields = readFileSync(`${thread}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return fields.slice(16, 17);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code))) return [];
    throw error;
  }
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-engines-'));
  store = join(root, 'state', 'engines');
  config = await writeEngineStation(root, ['01-oak-mark.jpg', '03-impostor.jpg', '13-empty.jpg']);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('an engine of the shipped networks, on the CPU', () => {
  it('is left half-way by nobody: Ctrl-C leaves nothing, and the next build is not held up', async () => {
    const verb = startVerb(config, 'engine', 'build');
    await vi.waitUntil(() => existsSync(join(store, '.staging')), { timeout: 250_000, interval: 20 });
    const pid = await lockHolder(store);
    const nices = readdirSync(`/proc/${pid}/task`).flatMap((task) => niceOf(`/proc/${pid}/task/${task}`));
    verb.kill('SIGINT');
    const { signal, err } = await verb.ended;
    expect({ signal, left: readdirSync(store) }).toEqual({ signal: 'SIGINT', left: [] });
    expect(err).toContain('Interrupted: nothing was built.');
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    // Every thread of it waits for the station's.
    expect(new Set(nices)).toEqual(new Set(['19']));
  });

  it('is built by one command at a time; one whose process is killed leaves nothing, and says so', async () => {
    const verb = startVerb(config, 'engine', 'build');
    await vi.waitUntil(() => existsSync(join(store, '.staging')), { timeout: 250_000, interval: 20 });
    const pid = await lockHolder(store);
    const second = await run('engine', 'build');
    expect(second).toMatchObject({ code: 2, err: expect.stringContaining(`process ${pid} changes`) as string });
    expect(second.err).toContain('(ENGINE_BUSY)');
    // A number of 0 would be this test's own group.
    if (pid === null) throw new Error('nobody holds the lock');
    process.kill(pid, 'SIGKILL');
    const { code, err } = await verb.ended;
    expect(err.replaceAll(/\s+/g, ' ')).toContain('the building process ended: signal SIGKILL');
    expect({ code, left: readdirSync(store) }).toEqual({ code: 2, left: [] });
  });

  it.skipIf(existsSync('/proc/driver/nvidia'))(
    'for TensorRT is not built where it is not: what is missing is said, and what to do',
    async () => {
      const { code, err } = await run('engine', 'build', '--provider', 'tensorrt');
      const said = err.replaceAll(/\s+/g, ' ');
      expect(said).toContain('npm run setup:gpu builds');
      // npm's build for arm64 does not know it at all.
      if (supportedProviders().includes('tensorrt')) expect(said).toContain('libonnxruntime_providers_tensorrt.so');
      expect({ code, keys: keysIn() }).toEqual({ code: 2, keys: [] });
    },
  );

  it('is built, judges the golden pictures like the CPU, and serves', async () => {
    const ended = await run('engine', 'build', '--json');
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(builtBy(ended)).toMatchObject([
      { precision: 'fp32', outcome: 'built', proof: { outcome: 'same', pictures: 3, difference: 0 } },
    ]);
    const [built] = builtBy(ended);
    expect(keysIn()).toEqual([built?.key]);
    expect(await status()).toMatchObject({
      engine: { used: built?.key, because: null },
      engines: [{ key: built?.key, state: 'proved' }],
    });
  });

  it('is what the judging process loads', async () => {
    const { config: parsed } = loadConfig(config, {}, []) as GoodConfig;
    const ring = FrameRing.create({ slots: 1, slotBytes: 4096 });
    const infer = new InferParent({
      settings: inferSettings(parsed),
      ringFd: ring.fd,
      timeoutMs: 60_000,
      loadTimeoutMs: 120_000,
      pingEveryMs: 60_000,
      log: pino({ level: 'silent' }),
      entry: fileURLToPath(compiled('daemon/infer/child.ts')),
    });
    const ready = new Promise<void>((resolve, reject) => {
      infer.onState((state, error) => (state === 'ready' ? resolve() : error === null ? undefined : reject(error)));
    });
    await infer.start();
    await ready;
    expect(infer.info).toMatchObject({
      provider: 'cpu',
      fallback: null,
      precision: { used: 'fp32' },
      engine: { used: keysIn()[0], because: null },
    });
    await infer.stop();
    ring.close();
  });

  it('has nothing to do the second time', async () => {
    expect(builtBy(await run('engine', 'build', '--json'))).toMatchObject([{ outcome: 'nothing_to_do' }]);
  });

  it('that judges otherwise is refused and not used; auto takes 32 bits then, and says why', async () => {
    const { config: parsed } = loadConfig(config, {}, [...autoKeys]) as GoodConfig;
    const engines = await buildEngines({
      store,
      golden: parsed.golden.path,
      settings: inferSettings(parsed),
      // A few weights are spoiled: so few that the verdicts may stay.
      maxScoreDifference: 0,
      machine: { ...thisMachine, builder: () => new Spoiling() },
      load: loadPictureJudge,
      now: () => new Date(),
      onProgress: () => undefined,
      signal: new AbortController().signal,
    });
    expect(engines).toMatchObject([
      { precision: 'fp16', outcome: 'built', proof: { outcome: 'different' } },
      { precision: 'fp32', outcome: 'compared', proof: { outcome: 'same' } },
    ]);
    expect(await status(...auto)).toMatchObject({
      precision: { used: 'fp32', because: expect.stringContaining('auto: fp16 is not used: REFUSED') as string },
      engine: { used: engines[1]?.key },
    });
    const strict = ['--set', 'infer.precision=fp16', '--set', 'engines.maxScoreDifference=0'];
    const half = await run('engine', 'build', ...strict);
    expect(half).toMatchObject({ code: 1, out: expect.stringContaining('REFUSED: it is not used.') as string });
    expect((await run('engine', 'prune')).out).toMatch(/removed, refused/);
  });

  it('of 16 bits is chosen by auto where it judges the same', async () => {
    const built = builtBy(await run('engine', 'build', '--json', ...auto));
    expect(built).toMatchObject([{ precision: 'fp16', outcome: 'built', proof: { outcome: 'same' } }]);
    expect(await status(...auto)).toMatchObject({
      precision: { used: 'fp16', because: 'auto: the same verdicts over 3 golden pictures' },
      engine: { used: built[0]?.key },
    });
  });

  it('that was changed by one byte is not used, is pruned, and is built again', async () => {
    const { engine } = await status();
    appendFileSync(join(store, engine.used ?? '', 'items.onnx'), ' ');
    expect(await status()).toMatchObject({
      engine: { used: null, because: expect.stringContaining('items.onnx') as string },
    });
    const pruned = await run('engine', 'prune');
    expect(pruned.out).toMatch(/removed, damaged/);
    expect(keysIn()).not.toContain(engine.used);
    expect((await run('engine', 'prune')).out).toContain('Nothing to do');
    expect(builtBy(await run('engine', 'build', '--json'))).toMatchObject([{ key: engine.used, outcome: 'built' }]);
  });
});

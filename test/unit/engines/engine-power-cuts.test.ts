import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type LoadedConfig, loadConfig } from '../../../src/daemon/config/load.js';
import { buildEngines, type BuiltEngine, type PictureJudge } from '../../../src/daemon/engines/build-engine.js';
import { chooseEngine } from '../../../src/daemon/engines/choose-engine.js';
import type { Machine } from '../../../src/daemon/engines/machine.js';
import { pruneEngines, surveyEngines } from '../../../src/daemon/engines/survey.js';
import { inferSettings } from '../../../src/daemon/from-config.js';
import { keepGolden, keptBytes } from '../../../src/daemon/golden/golden-folder.js';
import { readSignedManifest, type SignedManifest } from '../../../src/pipeline/bundle/read-manifest.js';
import { CupcheckError } from '../../../src/errors.js';
import type { EngineBuilder } from '../../../src/pipeline/ports.js';
import { copyFolder, dyingDisk } from '../../fixtures/dying-disk.js';
import { goldenRecord, somePicture } from '../../fixtures/golden-station.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

vi.mock('node:fs/promises', async (original) => {
  const { dyingDisk: disk } = await import('../../fixtures/dying-disk.js');
  return disk.over(await original<Parameters<typeof disk.over>[0]>());
});

type Config = Extract<LoadedConfig, { ok: true }>['config'];

/** Prepares as the real ones do, with a file of its own in the scratch folder, and without a runtime. */
const builderFor = (device: string): EngineBuilder => ({
  provider: 'cpu',
  tried: true,
  device: () => Promise.resolve(device),
  async prepare(model, { name }, _, scratch) {
    const path = join(scratch, `${name}.onnx`);
    const file = await open(path, 'w');
    try {
      await file.writeFile(Buffer.concat([Buffer.from(`for ${device}: `), model]));
    } finally {
      await file.close();
    }
    return readFileSync(path);
  },
});

const machineOf = (device: string): Machine => ({
  runtime: '1.0.0',
  supports: () => true,
  builder: (provider) => (provider === 'cpu' ? builderFor(device) : null),
  inference: () => {
    throw new CupcheckError('INTERNAL', 'nothing is loaded here');
  },
});
const here = machineOf('this processor');
const another = machineOf('another processor');

/** Every picture is the same green cup, on the CPU and by each engine. */
const alike: PictureJudge = {
  prepared: true,
  replay: () => Promise.resolve({ verdict: 'green', reasons: [], design: 'red', score: 0.5, items: [] }),
  close: () => Promise.resolve(),
};

const root = mkdtempSync(join(tmpdir(), 'cupcheck-engine-power-'));
const at = (...names: string[]) => join(root, ...names);
const store = at('state', 'engines');
let config: Config;
let signed: SignedManifest;
let key = '';
// As of a careful administrator: what the station must read is readable all the same.
const umask = process.umask(0o077);
afterAll(() => {
  process.umask(umask);
  rmSync(root, { recursive: true });
});

async function build(machine: Machine, golden = 'golden'): Promise<BuiltEngine | undefined> {
  const [built] = await buildEngines({
    store,
    golden: at(golden),
    settings: inferSettings(config),
    maxScoreDifference: 0.01,
    machine,
    load: () => Promise.resolve(alike),
    now: () => new Date(),
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  return built;
}

const prune = () => pruneEngines(config, here);
const choice = async () => (await chooseEngine(signed, inferSettings(config), here)).engine;

const steps = ['build', 'build for another', 'compare again', 'build the damaged one', 'prune'] as const;
type Step = (typeof steps)[number];
/** The engine that serves lies whole at its place before this step. */
const damaging: Step = 'build the damaged one';

/** All that changes the store. `begun` and `ended` tell how far it came. */
async function change(begun: Set<Step>, ended: Set<Step>): Promise<void> {
  const step = async (name: Step, work: () => Promise<unknown>) => {
    begun.add(name);
    await work();
    ended.add(name);
  };
  await step('build', () => build(here));
  await step('build for another', () => build(another));
  await step('compare again', () => build(here, 'more'));
  appendFileSync(join(store, key, 'items.onnx'), ' ');
  await step(damaging, () => build(here));
  await step('prune', prune);
}

beforeAll(async () => {
  writeTinyBundle(at('bundle'));
  const path = at('config.yaml');
  writeFileSync(
    path,
    stringify({
      state: { path: at('state') },
      bundle: { path: at('bundle'), allowUnsigned: 'any', trusted: at('trusted.d') },
      providers: { order: ['cpu'] },
    }),
  );
  const loaded = loadConfig(path, {}, []);
  if (!loaded.ok) throw loaded.problems[0];
  ({ config } = loaded);
  signed = await readSignedManifest(at('bundle'), { keys: [], allowUnsigned: true });
  const picture = { picture: keptBytes(somePicture) };
  const [one, two] = [0, 1].map((n) => goldenRecord({ ...picture, cup: `00000000-0000-7000-8000-00000000000${n}` }));
  if (one === undefined || two === undefined) return;
  await keepGolden(at('golden'), one, somePicture, null);
  await keepGolden(at('more'), one, somePicture, null);
  await keepGolden(at('more'), two, somePicture, null);
  await keepGolden(at('state', 'golden'), one, somePicture, null);
  copyFolder(at('state'), at('before'));
  key = (await build(here))?.key ?? '';
});

/** Everything as it was before the first engine. */
function reset(): void {
  dyingDisk.powerOn();
  rmSync(at('state'), { recursive: true });
  copyFolder(at('before'), at('state'));
}

/** What a store holds that no engine needs. */
const leftOver = (): string[] =>
  readdirSync(store, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !/^[0-9a-f]{64}(\/(engine\.json|detector\.onnx|items\.onnx))?$/.test(name),
  );

/** Whether another user can read all of the store. */
const isReadable = (): boolean =>
  ['', ...readdirSync(store, { recursive: true, encoding: 'utf8' })]
    .map((name) => statSync(join(store, name)))
    .every((found) => (found.mode & 0o055) === (found.isDirectory() ? 0o055 : 0o044));

it('a disk without room for it is told before the work begins', async () => {
  reset();
  const needed = ['detector.onnx', 'items.onnx'].reduce((sum, file) => sum + 2 * statSync(at('bundle', file)).size, 0);
  onTestFinished(() => {
    dyingDisk.freeBytes = null;
  });
  dyingDisk.freeBytes = needed - 1;
  await expect(build(here)).rejects.toMatchObject({
    code: 'ENGINE_STORE',
    message: expect.stringContaining(`are free at ${store}; the engine needs some`) as string,
  });
  expect(readdirSync(store)).toEqual([]);
  dyingDisk.freeBytes = needed;
  expect(await build(here)).toMatchObject({ outcome: 'built' });
});

describe.each([
  ['the process dies', false],
  ['the power goes', true],
] as const)('wherever %s', (_, forgets) => {
  /** Dies before each change in turn, then looks at what a start finds. */
  async function sweep(then: (begun: ReadonlySet<Step>, where: string) => Promise<void>): Promise<void> {
    reset();
    const all = new Set<Step>();
    await change(all, all);
    expect([...all]).toEqual(steps);
    expect(leftOver()).toEqual([]);
    const { changes } = dyingDisk;
    expect(changes).toBeGreaterThan(100);
    for (let cut = 0; cut < changes; cut++) {
      reset();
      const [begun, ended] = [new Set<Step>(), new Set<Step>()];
      dyingDisk.dieAfter(cut, forgets);
      await change(begun, ended).catch(() => undefined);
      const where = `change ${cut} of ${changes}, after ${[...ended].at(-1) ?? 'nothing'}`;
      expect(dyingDisk.off, where).toBe(true);
      dyingDisk.powerOn();

      const { used, because } = await choice();
      const isDamaged = begun.has(damaging) && !ended.has(damaging);
      // A whole one; or none, and nothing is said of it, as nothing lies at its place.
      if (used === null) expect(because, where).toEqual(isDamaged ? (because ?? null) : null);
      if (ended.has('build') && !isDamaged) expect(used, where).toBe(key);
      if (used !== null) expect(used, where).toBe(key);
      const states = (await surveyEngines(config, here)).engines.map(({ state }) => state);
      if (!isDamaged) expect(states, where).not.toContain('damaged');
      await then(begun, where);
    }
  }

  it('of a build or a prune, an engine serves whole or not at all, and the next build ends well and leaves nothing over', async () => {
    await sweep(async (_, where) => {
      await build(here);
      expect(await choice(), where).toEqual({ used: key, because: null });
      expect(leftOver(), where).toEqual([]);
      expect(isReadable(), where).toBe(true);
    });
  }, 300_000);

  it('the next prune takes away what is left over, and what no bundle needs', async () => {
    await sweep(async (_, where) => {
      await prune();
      if (!existsSync(store)) return;
      expect(leftOver(), where).toEqual([]);
      const states = (await surveyEngines(config, here)).engines.map(({ state }) => state);
      expect(
        states.filter((state) => state !== 'proved'),
        where,
      ).toEqual([]);
    });
  }, 300_000);
});

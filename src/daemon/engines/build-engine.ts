import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { loadBundle } from '../../pipeline/bundle/load.js';
import { copiesIn, type Precision } from '../../pipeline/bundle/precision.js';
import { readBounded } from '../../pipeline/bundle/read-bounded.js';
import { readSignedManifest, type SignedManifest } from '../../pipeline/bundle/read-manifest.js';
import { usedNetworks } from '../../pipeline/used-networks.js';
import { readTrust } from '../bundles/trusted-keys.js';
import { type ListedGolden, listGolden } from '../golden/golden-folder.js';
import { replayOf } from '../golden/replay-golden.js';
import type { InferSettings } from '../infer/settings.js';
import type { ReplayedCup, ReplayRequest } from '../ports.js';
import { type EngineChoice, identityHere, plainChoice, preparedFrom } from './choose-engine.js';
import { compareJudged } from './compare-judged.js';
import { type EngineIdentity, engineKey } from './engine-identity.js';
import {
  type EngineProof,
  type EngineRecord,
  longestWhy,
  maxEngineBytes,
  mostDifferent,
  proofOf,
  withProof,
} from './engine-record.js';
import { changeEngines, keepRecord, placeEngine, readEngine, readPrepared, requireSpace } from './engine-store.js';
import { firstProvider, type Machine } from './machine.js';

/** What judges pictures of the disk. */
export interface PictureJudge {
  /** Whether every network runs from the engine. */
  readonly prepared: boolean;
  replay(request: ReplayRequest): Promise<ReplayedCup>;
  close(): Promise<void>;
}

export interface BuildOptions {
  readonly store: string;
  /** Folder of the golden pictures. */
  readonly golden: string;
  /** The station's; the bundle that they name gets the engine. */
  readonly settings: InferSettings;
  readonly maxScoreDifference: number;
  readonly machine: Machine;
  readonly load: (settings: InferSettings, choice: EngineChoice) => Promise<PictureJudge>;
  readonly now: () => Date;
  readonly onProgress: (progress: BuildProgress) => void;
  readonly signal: AbortSignal;
}

export interface BuildProgress {
  readonly step: 'prepare' | 'compare';
  readonly precision: Precision;
  readonly done: number;
  readonly total: number;
}

/** What became of the engine of one precision. */
export interface BuiltEngine {
  readonly precision: Precision;
  readonly key: string;
  /** `compared`: it was there, and has a new proof. `nothing_to_do`: it was there, with a proof over these pictures. */
  readonly outcome: 'built' | 'compared' | 'nothing_to_do';
  readonly provider: string;
  readonly device: string;
  /** Whether its way of building was ever run by us on the hardware that it is for. */
  readonly tried: boolean;
  readonly proof: EngineProof;
  readonly ms: number;
}

type Judged = ReplayedCup | { readonly problem: string };

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Which pictures, with which questions. */
const goldenDigest = (listed: readonly ListedGolden[]): string =>
  sha256(
    JSON.stringify(listed.map((one) => (one.ok ? [one.record.cup, one.record.picture, one.record.expected] : one.cup))),
  );

/** Builds and proves the engines of one bundle. */
class EngineBuild {
  readonly #options: BuildOptions;
  readonly #signed: SignedManifest;
  readonly #listed: readonly ListedGolden[];
  /** The golden pictures on the CPU with 32 bits, judged once. */
  #cpu: { readonly judged: readonly Judged[]; readonly ms: number } | null = null;

  constructor(options: BuildOptions, signed: SignedManifest, listed: readonly ListedGolden[]) {
    this.#options = options;
    this.#signed = signed;
    this.#listed = listed;
  }

  async build(precision: Precision, staging: string): Promise<BuiltEngine> {
    const { settings, machine, store, maxScoreDifference, now } = this.#options;
    const started = performance.now();
    const { judge, providers } = settings;
    const provider = firstProvider(providers, machine);
    const builder = provider === null ? null : machine.builder(provider);
    const identity = provider === null ? null : await identityHere(this.#signed, judge, precision, provider, machine);
    if (provider === null || builder === null || identity === null)
      throw new CupcheckError(
        'ENGINE_UNAVAILABLE',
        provider === null
          ? `this build of ONNX Runtime holds none of providers.order (${providers.order.join(', ')}), or not the one required; npm run setup:gpu builds one with tensorrt and cuda`
          : `${provider} takes its networks as they are: there is no engine to build`,
      );
    const key = engineKey(identity);
    const there = await this.#there(key);
    const found = { precision, key, provider, device: identity.device, tried: builder.tried };
    const judgeName = judge ?? this.#signed.manifest.judge.name;
    const before = there === null ? null : proofOf(there.engine, this.#signed.sha256, judgeName);
    if (before?.golden === goldenDigest(this.#listed) && before.allowed === maxScoreDifference)
      return { ...found, outcome: 'nothing_to_do', proof: before, ms: performance.now() - started };
    const prepared = there?.prepared ?? (await this.#prepare(identity, builder, staging));
    const proof = await this.#prove(identity, prepared, judgeName);
    const ms = performance.now() - started;
    if (there !== null) {
      await keepRecord(store, staging, withProof(there.engine, proof));
      return { ...found, outcome: 'compared', proof, ms };
    }
    const byName = Object.entries(identity.networks).map(
      ([name, digest]) => [name, prepared.get(digest) ?? new Uint8Array()] as const,
    );
    const built = now().toISOString();
    const record = { schema: 1, identity, built, ms: Math.round(ms), tried: builder.tried, proofs: [proof] } as const;
    await placeEngine(store, staging, record, new Map(byName));
    return { ...found, outcome: 'built', proof, ms };
  }

  /** The engine, where it is whole. */
  async #there(
    key: string,
  ): Promise<{ readonly engine: EngineRecord; readonly prepared: ReadonlyMap<string, Uint8Array> } | null> {
    const { store } = this.#options;
    try {
      const engine = await readEngine(store, key);
      return engine === null ? null : { engine, prepared: await readPrepared(store, engine) };
    } catch (thrown) {
      if (asCupcheckError(thrown).code === 'ENGINE_INVALID') return null;
      throw thrown;
    }
  }

  /** By the digest of the network that each stands for. */
  async #prepare(
    { precision }: EngineIdentity,
    builder: NonNullable<ReturnType<Machine['builder']>>,
    staging: string,
  ): Promise<ReadonlyMap<string, Uint8Array>> {
    const { settings, signal, onProgress } = this.#options;
    const { manifest } = this.#signed;
    const networks = usedNetworks(manifest, settings.judge, precision);
    // What is prepared is about as large, and lies there twice while it is put into its place.
    const bytes = networks.reduce((sum, { file }) => sum + (manifest.files[file]?.bytes ?? 0), 0);
    await requireSpace(this.#options.store, 2 * bytes);
    // Each of its files is what the manifest says.
    await loadBundle(settings.bundlePath, await readTrust(settings.trust), precision);
    const prepared = new Map<string, Uint8Array>();
    for (const [done, network] of networks.entries()) {
      onProgress({ step: 'prepare', precision, done, total: networks.length });
      const scratch = join(staging, `${precision}-${network.name}`);
      await mkdir(scratch);
      const model = await readBounded(
        join(settings.bundlePath, network.file),
        maxEngineBytes,
        'BUNDLE_INVALID',
        'BUNDLE_DIGEST',
      );
      prepared.set(network.sha256, await builder.prepare(model, network, precision, scratch, signal));
    }
    onProgress({ step: 'prepare', precision, done: networks.length, total: networks.length });
    return prepared;
  }

  async #prove(
    { provider, precision }: EngineIdentity,
    prepared: ReadonlyMap<string, Uint8Array>,
    judge: string,
  ): Promise<EngineProof> {
    const { settings, maxScoreDifference, now } = this.#options;
    const { manifest, sha256: bundle } = this.#signed;
    const onCpu: InferSettings = { ...settings, providers: { order: ['cpu'], require: 'cpu' } };
    this.#cpu ??= await this.#judgeAll(onCpu, plainChoice, 'fp32');
    const choice: EngineChoice = {
      precision: { used: precision, because: null },
      engine: { used: null, because: null },
      prepared: preparedFrom(provider, prepared),
    };
    const byEngine = { ...settings, providers: { order: [provider], require: provider } };
    const engine = await this.#judgeAll(byEngine, choice, precision);
    const pictures = this.#listed.map((golden, at) => {
      const [cpu, now] = [this.#cpu?.judged[at], engine.judged[at]];
      const cup = golden.ok ? golden.record.cup : golden.cup;
      const seq = golden.ok ? golden.record.seq : null;
      const problem = [cpu, now].flatMap((one) => (one !== undefined && 'problem' in one ? [one.problem] : []))[0];
      if (cpu === undefined || now === undefined || 'problem' in cpu || 'problem' in now)
        return { cup, seq, why: `it cannot be judged: ${problem ?? 'no reason given'}`, difference: null };
      return { cup, seq, ...compareJudged(cpu, now, maxScoreDifference) };
    });
    const different = pictures.flatMap(({ cup, seq, why }) =>
      why === null ? [] : [{ cup, seq, why: why.slice(0, longestWhy) }],
    );
    const differences = pictures.flatMap(({ difference }) => difference ?? []);
    const count = pictures.length;
    return {
      bundle,
      name: manifest.name,
      version: manifest.version,
      judge,
      at: now().toISOString(),
      outcome: count === 0 ? 'no_pictures' : different.length === 0 ? 'same' : 'different',
      pictures: count,
      golden: goldenDigest(this.#listed),
      difference: differences.length === 0 ? null : Math.max(...differences),
      allowed: maxScoreDifference,
      cpuMs: count === 0 ? 0 : this.#cpu.ms / count,
      engineMs: count === 0 ? 0 : engine.ms / count,
      different: different.slice(0, mostDifferent),
      differences: different.length,
    };
  }

  async #judgeAll(
    settings: InferSettings,
    choice: EngineChoice,
    precision: Precision,
  ): Promise<{ readonly judged: readonly Judged[]; readonly ms: number }> {
    const { load, signal, golden: folder, onProgress } = this.#options;
    const judge = await load(settings, choice);
    try {
      if (choice.prepared !== null && !judge.prepared)
        throw new CupcheckError('ENGINE_BUILD', 'ONNX Runtime does not load what was prepared');
      const judged: Judged[] = [];
      const started = performance.now();
      for (const golden of this.#listed) {
        signal.throwIfAborted();
        onProgress({ step: 'compare', precision, done: judged.length, total: this.#listed.length });
        judged.push(
          golden.ok ? await judgeOne(judge, replayOf(folder, golden.record)) : { problem: golden.problem.message },
        );
      }
      return { judged, ms: performance.now() - started };
    } finally {
      await judge.close();
    }
  }
}

const judgeOne = (judge: PictureJudge, request: ReplayRequest): Promise<Judged> =>
  judge.replay(request).catch((thrown: unknown) => ({ problem: asCupcheckError(thrown).message }));

/**
 * Prepares the networks of a bundle for this machine and has the golden pictures judged on the CPU and by what came of it. Only an engine
 * of the same verdicts, its scores within the limit, may serve; another one is kept with what speaks against it, and is not used.
 * With `auto` the copies in fewer bits are tried first, and 32 where each is refused.
 * @throws ENGINE_BUSY, ENGINE_STORE, ENGINE_UNAVAILABLE, ENGINE_BUILD, GOLDEN_INVALID, and as `loadBundle`; the signal's reason when aborted
 */
export async function buildEngines(options: BuildOptions): Promise<readonly BuiltEngine[]> {
  const { settings, store, golden } = options;
  const signed = await readSignedManifest(settings.bundlePath, await readTrust(settings.trust));
  return await changeEngines(store, async (staging) => {
    const build = new EngineBuild(options, signed, await listGolden(golden));
    if (settings.precision !== 'auto') return [await build.build(settings.precision, staging)];
    const built: BuiltEngine[] = [];
    // The program that writes TensorRT's engines takes no network in 8 bits.
    const isTensorRt = firstProvider(settings.providers, options.machine) === 'tensorrt';
    const copies = copiesIn(signed.manifest).filter((copy) => !isTensorRt || copy !== 'int8');
    for (const precision of [...copies, 'fp32'] as const) {
      const engine = await build.build(precision, staging);
      built.push(engine);
      if (engine.proof.outcome === 'same') break;
    }
    return built;
  });
}

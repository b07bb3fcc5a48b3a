import { neededBundles } from '../bundles/bundle-state.js';
import { readBundleState } from '../bundles/bundle-state-file.js';
import { judgesNow, placeOfJudging } from '../bundles/judging-bundle.js';
import { readTrust } from '../bundles/trusted-keys.js';
import type { Config } from '../config/schema.js';
import { inferSettings } from '../from-config.js';
import { readSignedManifest } from '../../pipeline/bundle/read-manifest.js';
import { chooseEngine, doubtOfProof, type EngineChoice } from './choose-engine.js';
import { unfitFor } from './engine-identity.js';
import {
  changeEngines,
  hasHalfWay,
  type ListedEngine,
  listEngines,
  readPrepared,
  removeEngines,
} from './engine-store.js';
import { type Machine } from './machine.js';

/**
 * `proved`: it may serve a bundle that is needed. `refused`: it judges golden pictures otherwise. `not_compared`: over no picture, or with no
 * bundle that is needed. `unfit`: made for another device or runtime. `damaged`: it cannot be read, or is not what was built.
 */
export type EngineState = 'proved' | 'refused' | 'not_compared' | 'unfit' | 'damaged';

export type SurveyedEngine = ListedEngine & {
  readonly state: EngineState;
  /** What keeps it from serving; `null` = nothing. */
  readonly why: string | null;
  /** The active bundle loads it at its next start. */
  readonly serves: boolean;
};

export interface EngineSurvey {
  /** What the active bundle runs in from the next start on. */
  readonly choice: EngineChoice;
  readonly engines: readonly SurveyedEngine[];
}

/** Digests of the bundles that may judge. */
async function bundlesNeeded(config: Config): Promise<ReadonlySet<string>> {
  const state = await readBundleState(config);
  const { folder, trust } = placeOfJudging(config);
  const shipped = await readSignedManifest(folder, await readTrust(trust)).catch(() => null);
  return new Set([...neededBundles(state), ...(shipped === null ? [] : [shipped.sha256])]);
}

async function stateOf(
  one: ListedEngine,
  store: string,
  needed: ReadonlySet<string>,
  machine: { readonly runtime: string; readonly device: (provider: string) => string },
): Promise<{ readonly state: EngineState; readonly why: string | null }> {
  if (!one.ok) return { state: 'damaged', why: one.problem };
  const { engine } = one;
  const [unfit] = unfitFor(engine.identity, machine);
  if (unfit !== undefined) return { state: 'unfit', why: unfit };
  const damage = await readPrepared(store, engine).then(
    () => null,
    (thrown: unknown) => (thrown as Error).message,
  );
  if (damage !== null) return { state: 'damaged', why: damage };
  const proofs = engine.proofs.filter(({ bundle }) => needed.has(bundle));
  if (proofs.some(({ outcome }) => outcome === 'same')) return { state: 'proved', why: null };
  const refusal = proofs.find(({ outcome }) => outcome === 'different') ?? proofs[0] ?? null;
  return { state: refusal?.outcome === 'different' ? 'refused' : 'not_compared', why: doubtOfProof(refusal) };
}

/** Every engine of the store, and which one serves. Errors: ENGINE_STORE, BUNDLE_STATE, and as the manifest. */
export async function surveyEngines(config: Config, machine: Machine): Promise<EngineSurvey> {
  const store = config.engines.path;
  const by = await judgesNow(config);
  const { place } = by;
  const signed = await readSignedManifest(place.folder, await readTrust(place.trust));
  const choice = await chooseEngine(signed, inferSettings(config, by), machine);
  const needed = await bundlesNeeded(config);
  const devices = new Map<string, string>();
  for (const provider of ['cpu', 'tensorrt'] as const)
    devices.set(provider, (await machine.builder(provider)?.device()) ?? '');
  const here = { runtime: machine.runtime, device: (provider: string) => devices.get(provider) ?? '' };
  const engines: SurveyedEngine[] = [];
  for (const one of await listEngines(store))
    engines.push({ ...one, ...(await stateOf(one, store, needed, here)), serves: one.key === choice.engine.used });
  return { choice, engines };
}

/**
 * Takes away the engines that serve no bundle that may judge here, and what a command that was interrupted left.
 * @returns those engines
 * @throws ENGINE_BUSY, and as `surveyEngines`
 */
export async function pruneEngines(config: Config, machine: Machine): Promise<readonly SurveyedEngine[]> {
  const unneeded = async () => (await surveyEngines(config, machine)).engines.filter(({ state }) => state !== 'proved');
  if ((await unneeded()).length === 0 && !(await hasHalfWay(config.engines.path))) return [];
  return await changeEngines(config.engines.path, async (staging) => {
    const removed = await unneeded();
    await removeEngines(
      config.engines.path,
      staging,
      removed.map(({ key }) => key),
    );
    return removed;
  });
}

import { CupcheckError } from '../errors.js';
import type { Bundle } from './bundle/load.js';
import { checkHead, checkSignature, warmUp } from './bundle/check-network.js';
import type { Judge } from './judges/judge.js';
import { headSpec } from './judges/parts.js';
import { judgeEntry } from './judges/registry.js';
import type { HeadName, Inference, LoadedNetwork } from './ports.js';

/** A bundle with its networks loaded, checked and warm, and the judges that read them. */
export interface Engine {
  readonly bundle: Bundle;
  readonly detector: LoadedNetwork;
  readonly items: LoadedNetwork;
  /** The one that decides is the first. */
  readonly judges: readonly [Judge, ...Judge[]];
  /** Networks of single judges. */
  readonly heads: Readonly<Partial<Record<HeadName, LoadedNetwork>>>;
  /** Whether a judge reads the items' pooled maps. */
  readonly withFeatures: boolean;
  /** The provider that runs the items network. */
  readonly provider: string;
  /** Why a network runs on another provider than the first wanted; `null` = none does. */
  readonly fallback: string | null;
  /** Whether a prepared copy of each network runs. */
  readonly prepared: boolean;
  close(): Promise<void>;
}

/** Judges that compare with what was taught; the others know the classes of their networks alone. */
const judgesOfTaught: readonly string[] = ['metric', 'combined'];

function requireTaughtKnown({ candidate, manifest }: Bundle, names: readonly string[]): void {
  const isTaught = candidate !== null || manifest.classes.length !== manifest.networks.items.outputs.scores[1];
  const other = names.find((name) => !judgesOfTaught.includes(name));
  if (isTaught && other !== undefined)
    throw new CupcheckError(
      'NOT_SUPPORTED',
      `designs were taught, and the judge "${other}" does not know of them: ${judgesOfTaught.join(' and ')} do`,
    );
}

/** A runtime's own words can be pages long. */
const longestWhy = 500;

function fallbackText(loaded: readonly LoadedNetwork[]): string | null {
  const said = loaded.flatMap(({ fallbacks }) =>
    fallbacks.map(({ provider, because }) => `${provider}: ${because.slice(0, longestWhy)}`),
  );
  return said.length === 0 ? null : [...new Set(said)].join('; ').slice(0, 4 * longestWhy);
}

/**
 * Loads the networks of a verified bundle that its judges need, holds them against its manifest and warms them up.
 * @param judgeNames empty = the one that the bundle names
 * @throws BUNDLE_INVALID, NETWORK_SHAPE, PROVIDER_UNAVAILABLE, INFER_FAILED
 */
export async function loadEngine(
  bundle: Bundle,
  inference: Inference,
  judgeNames: readonly string[] = [],
): Promise<Engine> {
  const { networks } = bundle.manifest;
  const [first = bundle.manifest.judge.name, ...more] = judgeNames;
  const wanted = [first, ...more].map(judgeEntry);
  requireTaughtKnown(bundle, [first, ...more]);
  const loaded: LoadedNetwork[] = [];
  const load = async (model: Uint8Array): Promise<LoadedNetwork> => {
    const network = await inference.load(model);
    loaded.push(network);
    return network;
  };
  const close = async () => {
    await Promise.all(loaded.map((network) => network.close()));
  };
  try {
    const detector = await load(bundle.models.detector);
    const items = await load(bundle.models.items);
    checkSignature('detector', networks.detector, detector.signature);
    checkSignature('items', networks.items, items.signature);
    await warmUp('detector', networks.detector, detector);
    await warmUp('items', networks.items, items);
    const heads: Partial<Record<HeadName, LoadedNetwork>> = {};
    for (const name of new Set(wanted.flatMap((entry) => entry.heads))) {
      const spec = headSpec(bundle, name);
      const head = await load(bundle.heads[name] ?? new Uint8Array());
      await checkHead(name, spec, head);
      heads[name] = head;
    }
    const [judge, ...others] = wanted.map((entry) => entry.make({ bundle, items, heads }));
    if (judge === undefined) throw new Error('there is no judge');
    const withFeatures = wanted.some((entry) => entry.features);
    const fallback = fallbackText(loaded);
    const prepared = loaded.every((network) => network.prepared);
    const { provider } = items;
    const judges = [judge, ...others] as const;
    return { bundle, detector, items, judges, heads, withFeatures, provider, fallback, prepared, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

import type { Bundle } from './bundle/load.js';
import { checkSignature, warmUp } from './bundle/check-network.js';
import type { Judge } from './judges/judge.js';
import { makeJudge } from './judges/registry.js';
import type { Inference, LoadedNetwork } from './ports.js';

/** A bundle with its networks loaded, checked and warm, and the judge that reads them. */
export interface Engine {
  readonly bundle: Bundle;
  readonly detector: LoadedNetwork;
  readonly items: LoadedNetwork;
  readonly judge: Judge;
  /** The provider that runs the items network. */
  readonly provider: string;
  /** Whether a network runs on another provider than the first wanted. */
  readonly providerFallback: boolean;
  close(): Promise<void>;
}

/**
 * Loads the networks of a verified bundle, holds them against its manifest and warms them up at every batch.
 * @param judgeName `null` = the one that the bundle names
 * @throws BUNDLE_INVALID, NETWORK_SHAPE, PROVIDER_UNAVAILABLE, INFER_FAILED
 */
export async function loadEngine(
  bundle: Bundle,
  inference: Inference,
  judgeName: string | null = null,
): Promise<Engine> {
  const { networks } = bundle.manifest;
  const judge = makeJudge(judgeName ?? bundle.manifest.judge.name, bundle);
  const detector = await inference.load(bundle.models.detector);
  const loaded: LoadedNetwork[] = [detector];
  const close = async () => {
    await Promise.all(loaded.map((network) => network.close()));
  };
  try {
    const items = await inference.load(bundle.models.items);
    loaded.push(items);
    checkSignature('detector', networks.detector, detector.signature);
    checkSignature('items', networks.items, items.signature);
    await warmUp('detector', networks.detector, detector);
    await warmUp('items', networks.items, items);
    const providerFallback = loaded.some((network) => network.fallbacks.length > 0);
    return { bundle, detector, items, judge, provider: items.provider, providerFallback, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

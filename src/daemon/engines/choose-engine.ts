import { createHash } from 'node:crypto';
import { asCupcheckError } from '../../errors.js';
import { copiesIn, type Precision } from '../../pipeline/bundle/precision.js';
import type { SignedManifest } from '../../pipeline/bundle/read-manifest.js';
import type { PreparedNetworks } from '../../pipeline/ports.js';
import { usedNetworks } from '../../pipeline/used-networks.js';
import type { InferSettings, ProviderName } from '../infer/settings.js';
import { type EngineIdentity, engineKey } from './engine-identity.js';
import { type EngineProof, type EngineRecord, proofOf } from './engine-record.js';
import { readEngine, readPrepared } from './engine-store.js';
import { firstProvider, type Machine } from './machine.js';

/** In what the networks run. */
export interface EngineChoice {
  /** `because`: why that one, where the config leaves it open; else `null`. */
  readonly precision: { readonly used: Precision; readonly because: string | null };
  /** Key of the prepared engine; `because`: why none is used, where that is worth telling; else `null`. */
  readonly engine: { readonly used: string | null; readonly because: string | null };
  readonly prepared: PreparedNetworks | null;
}

export type Wish = Pick<InferSettings, 'judge' | 'precision' | 'providers' | 'engines'>;

/** Prepared networks by the digest of the network that each stands for. */
export const preparedFrom = (provider: ProviderName, networks: ReadonlyMap<string, Uint8Array>): PreparedNetworks => ({
  provider,
  find: (model) => networks.get(createHash('sha256').update(model).digest('hex')) ?? null,
});

/** The engine that these networks would have on this machine. Errors: BUNDLE_INVALID, BUNDLE_PRECISION. */
export async function identityHere(
  { manifest }: Pick<SignedManifest, 'manifest'>,
  judge: string | null,
  precision: Precision,
  provider: ProviderName,
  machine: Pick<Machine, 'builder' | 'runtime'>,
): Promise<EngineIdentity | null> {
  const builder = machine.builder(provider);
  if (builder === null) return null;
  const networks = usedNetworks(manifest, judge, precision).map(({ name, sha256 }) => [name, sha256] as const);
  return {
    networks: Object.fromEntries(networks),
    provider,
    runtime: machine.runtime,
    device: await builder.device(),
    precision,
  };
}

/** Why a proof keeps an engine from serving; `null` = it speaks for it. */
export function doubtOfProof(proof: EngineProof | null): string | null {
  if (proof === null) return 'it was not compared with this bundle: cupcheck engine build';
  const { outcome, differences, pictures } = proof;
  if (outcome === 'same') return null;
  if (outcome === 'no_pictures')
    return 'it was compared over no golden picture: cupcheck golden add, then cupcheck engine build';
  return `REFUSED: ${differences} of ${pictures} golden pictures are judged otherwise by it (cupcheck engine status)`;
}

type Found = { readonly key: string; readonly record: EngineRecord; readonly prepared: PreparedNetworks };

/** An engine that may serve, or why there is none; `null` = none was ever built. */
async function findEngine(
  signed: Pick<SignedManifest, 'manifest' | 'sha256'>,
  { judge, providers, engines }: Wish,
  precision: Precision,
  machine: Pick<Machine, 'builder' | 'runtime' | 'supports'>,
): Promise<Found | string | null> {
  const provider = firstProvider(providers, machine);
  if (engines === null || provider === null) return null;
  const identity = await identityHere(signed, judge, precision, provider, machine);
  if (identity === null) return null;
  const key = engineKey(identity);
  try {
    const record = await readEngine(engines, key);
    if (record === null)
      return provider === 'tensorrt' ? 'none is built, so that each start takes minutes: cupcheck engine build' : null;
    const doubt = doubtOfProof(proofOf(record, signed.sha256, judge ?? signed.manifest.judge.name));
    if (doubt !== null) return doubt;
    return { key, record, prepared: preparedFrom(provider, await readPrepared(engines, record)) };
  } catch (thrown) {
    return asCupcheckError(thrown).message;
  }
}

const chosen = (used: Precision, because: string | null, found: Found | string | null): EngineChoice => {
  const precision = { used, because };
  if (found === null || typeof found === 'string')
    return { precision, engine: { used: null, because: found }, prepared: null };
  return { precision, engine: { used: found.key, because: null }, prepared: found.prepared };
};

/**
 * What the networks of a bundle run in here: a prepared engine where one is whole and was proved, and in fewer bits where the config says so,
 * or leaves it open and an engine of them was proved.
 * @throws BUNDLE_INVALID, BUNDLE_PRECISION
 */
export async function chooseEngine(
  signed: Pick<SignedManifest, 'manifest' | 'sha256'>,
  wish: Wish,
  machine: Pick<Machine, 'builder' | 'runtime' | 'supports'>,
): Promise<EngineChoice> {
  const { precision } = wish;
  const find = (precision: Precision) => findEngine(signed, wish, precision, machine);
  if (precision !== 'auto') return chosen(precision, null, await find(precision));
  const doubts: string[] = [];
  for (const copy of copiesIn(signed.manifest)) {
    const found = await find(copy);
    if (found !== null && typeof found !== 'string') {
      const { pictures = 0 } = proofOf(found.record, signed.sha256, wish.judge ?? signed.manifest.judge.name) ?? {};
      return chosen(copy, `auto: the same verdicts over ${pictures} golden pictures`, found);
    }
    doubts.push(
      found === null ? `${copy} was not compared here, cupcheck engine build does it` : `${copy} is not used: ${found}`,
    );
  }
  const because = doubts.length === 0 ? 'the bundle has no copy in fewer bits' : doubts.join('; ');
  return chosen('fp32', `auto: ${because}`, await find('fp32'));
}

/** The choice where nothing prepared is used and 32 bits are. */
export const plainChoice: EngineChoice = {
  precision: { used: 'fp32', because: null },
  engine: { used: null, because: null },
  prepared: null,
};

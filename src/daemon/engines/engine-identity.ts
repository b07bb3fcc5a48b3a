import { createHash } from 'node:crypto';
import type { Precision } from '../../pipeline/bundle/precision.js';
import type { ProviderName } from '../infer/settings.js';

/** What an engine was made of and for: where any of it differs it is another engine. */
export interface EngineIdentity {
  /** SHA-256 of the files of the networks, by name. */
  readonly networks: Readonly<Record<string, string>>;
  readonly provider: ProviderName;
  /** Version of ONNX Runtime. */
  readonly runtime: string;
  /** The device, and what the provider brings beside ONNX Runtime. */
  readonly device: string;
  readonly precision: Precision;
}

/** The engine's name in the store: SHA-256 of its identity, whatever the order of the networks. */
export function engineKey({ networks, provider, runtime, device, precision }: EngineIdentity): string {
  const sorted = Object.entries(networks).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([sorted, provider, runtime, device, precision]))
    .digest('hex');
}

/** What keeps an engine from this machine, for people; empty = it fits. */
export function unfitFor(
  { provider, runtime, device }: EngineIdentity,
  machine: { readonly runtime: string; readonly device: (provider: ProviderName) => string },
): readonly string[] {
  const here = machine.device(provider);
  return [
    ...(runtime === machine.runtime ? [] : [`made by ONNX Runtime ${runtime}, here is ${machine.runtime}`]),
    ...(device === here ? [] : [`made for ${device}, here is ${here}`]),
  ];
}

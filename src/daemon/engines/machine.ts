import { OnnxRuntime, runtimeVersion, supportedProviders } from '../../hw/inference/onnx-runtime.js';
import { OptimisedModel } from '../../hw/inference/optimised-model.js';
import { TensorRtContext } from '../../hw/inference/tensorrt-context.js';
import type { EngineBuilder, Inference, PreparedNetworks } from '../../pipeline/ports.js';
import { CupcheckError } from '../../errors.js';
import type { InferSettings, ProviderName } from '../infer/settings.js';

/** What networks run on here. */
export interface Machine {
  /** Version of ONNX Runtime. */
  readonly runtime: string;
  readonly supports: (provider: ProviderName) => boolean;
  /** What prepares networks for a provider; `null` = it needs no preparing, or it is not known how. */
  readonly builder: (provider: ProviderName) => EngineBuilder | null;
  readonly inference: (
    settings: Pick<InferSettings, 'providers' | 'threads'>,
    prepared: PreparedNetworks | null,
  ) => Inference;
}

export const thisMachine: Machine = {
  runtime: runtimeVersion(),
  supports: (provider) => supportedProviders().includes(provider),
  builder: (provider) =>
    provider === 'cpu' ? new OptimisedModel() : provider === 'tensorrt' ? new TensorRtContext() : null,
  inference({ providers: { order, require }, threads }, prepared) {
    const [provider, ...others] = order;
    if (provider === undefined) throw new CupcheckError('PROVIDER_UNAVAILABLE', 'providers.order is empty');
    return new OnnxRuntime({ providers: [provider, ...others], require, threads, prepared });
  },
};

/** The provider that is tried first, of those that are held here; `null` = none of them is. */
export function firstProvider(
  { order, require }: InferSettings['providers'],
  machine: Pick<Machine, 'supports'>,
): ProviderName | null {
  return order.find((one) => (require === null || one === require) && machine.supports(one)) ?? null;
}

import type { Precision } from '../../pipeline/bundle/precision.js';
import type { UsedNetwork } from '../../pipeline/used-networks.js';
import type { ProviderName } from '../infer/settings.js';

/** Prepares networks for one execution provider on this machine, so that they load in no time and need not be prepared again. */
export interface EngineBuilder {
  readonly provider: ProviderName;
  /** Whether this way was ever run by us on the hardware that it is for. */
  readonly tried: boolean;
  /** What an engine of it fits: the device, and what the provider brings beside ONNX Runtime. Never throws: what cannot be told is "unknown". */
  device(): Promise<string>;
  /**
   * @param scratch a folder of this call alone, whose content is not needed afterwards
   * @returns a model that ONNX Runtime loads on that provider in the place of `model`
   * @throws ENGINE_UNAVAILABLE where this machine lacks what it takes, ENGINE_BUILD with the reason; the signal's reason when aborted
   */
  prepare(
    model: Uint8Array,
    network: Pick<UsedNetwork, 'name' | 'input' | 'batches'>,
    precision: Precision,
    scratch: string,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
}

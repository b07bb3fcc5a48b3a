import type { Precision } from './bundle/precision.js';

/** Networks that a bundle may hold beside the detector and the items network; each judge names those that it reads. */
export const headNames = ['cgd', 'multi-label', 'set', 'scene', 'specialist', 'verifier', 'boosted'] as const;
export type HeadName = (typeof headNames)[number];

/** Names of the networks that a bundle may hold. */
export type NetworkName = 'detector' | 'items' | HeadName;

/** A dense float32 tensor, row-major. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What a loaded network says of itself; compared with the manifest before the first run. A symbolic axis is a string. */
export interface NetworkSignature {
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>;
}

/** One loaded network on one execution provider. */
export interface LoadedNetwork {
  readonly signature: NetworkSignature;
  /** The provider that really runs it. */
  readonly provider: string;
  /** Wanted providers that could not run it, each with the reason. Empty = it runs on the first wanted. */
  readonly fallbacks: readonly { readonly provider: string; readonly because: string }[];
  /** Whether a prepared copy of the network runs, in the place of the one that was given. */
  readonly prepared: boolean;
  /** Runs one input (shape `[batch, …]`). Errors: INFER_FAILED. Calls do not overlap: the second waits for the first. */
  run(inputName: string, input: Tensor): Promise<Readonly<Record<string, Tensor>>>;
  close(): Promise<void>;
}

/** Networks that were prepared for one provider on this machine. */
export interface PreparedNetworks {
  readonly provider: string;
  /** What is loaded on that provider in the place of `model`; `null` = nothing is prepared of it. */
  find(model: Uint8Array): Uint8Array | null;
}

/** Loads networks. Errors: BUNDLE_INVALID (not an ONNX model), PROVIDER_UNAVAILABLE. */
export interface Inference {
  load(model: Uint8Array): Promise<LoadedNetwork>;
}

/** Prepares networks for one execution provider on this machine, so that they load in no time and need not be prepared again. */
export interface EngineBuilder {
  readonly provider: 'tensorrt' | 'cuda' | 'cpu';
  /** Whether this way was ever run by us on the hardware that it is for. */
  readonly tried: boolean;
  /** What an engine of it fits: the device, and what the provider brings beside ONNX Runtime. Never throws: what cannot be told is "unknown". */
  device(): Promise<string>;
  /**
   * @param network its name, its input (`N` = the axis of the batch), and the batches that it is run with (none = any)
   * @param scratch a folder of this call alone, whose content is not needed afterwards
   * @returns a model that ONNX Runtime loads on that provider in the place of `model`
   * @throws ENGINE_UNAVAILABLE where this machine lacks what it takes, ENGINE_BUILD with the reason; the signal's reason when aborted
   */
  prepare(
    model: Uint8Array,
    network: {
      readonly name: NetworkName;
      readonly input: { readonly name: string; readonly shape: readonly (number | string)[] };
      readonly batches: readonly number[];
    },
    precision: Precision,
    scratch: string,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
}

import './telemetry-off.js';
import * as ort from 'onnxruntime-node';
import { CupcheckError } from '../../errors.js';
import type { Inference, LoadedNetwork, NetworkSignature, PreparedNetworks, Tensor } from '../../pipeline/ports.js';
import { exactIntegers } from './exact-integers.js';

export type ProviderName = 'tensorrt' | 'cuda' | 'cpu';

/** Version of the library. */
export const runtimeVersion = (): string => ort.env.versions.common;

/** Providers that this build of the library holds; whether one works shows when a network is loaded. */
export const supportedProviders = (): readonly string[] => ort.listSupportedBackends().map(({ name }) => name);

export interface OnnxRuntimeOptions {
  /** Tried in this order. */
  readonly providers: readonly [ProviderName, ...ProviderName[]];
  /** Refuse to load unless this one runs the network. */
  readonly require: ProviderName | null;
  /** Threads inside one run. */
  readonly threads: number;
  /** `null`, and the default: each network is prepared as it is loaded. */
  readonly prepared?: PreparedNetworks | null;
}

type Fallback = LoadedNetwork['fallbacks'][number];

const message = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));

function signatureOf(session: ort.InferenceSession): NetworkSignature {
  const shapes = (values: readonly ort.InferenceSession.ValueMetadata[]) =>
    Object.fromEntries(
      values.map((value) => {
        if (!value.isTensor || value.type !== 'float32')
          throw new CupcheckError(
            'NETWORK_SHAPE',
            `"${value.name}" is ${value.isTensor ? value.type : 'not a tensor'}, wanted float32`,
          );
        return [value.name, value.shape];
      }),
    );
  return { inputs: shapes(session.inputMetadata), outputs: shapes(session.outputMetadata) };
}

class OnnxNetwork implements LoadedNetwork {
  readonly signature: NetworkSignature;
  readonly provider: string;
  readonly fallbacks: readonly Fallback[];
  readonly prepared: boolean;
  readonly #session: ort.InferenceSession;
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: ort.InferenceSession, provider: string, prepared: boolean, fallbacks: readonly Fallback[]) {
    this.#session = session;
    this.signature = signatureOf(session);
    this.provider = provider;
    this.prepared = prepared;
    this.fallbacks = fallbacks;
  }

  run(inputName: string, input: Tensor): Promise<Readonly<Record<string, Tensor>>> {
    const result = this.#last.then(() => this.#run(inputName, input));
    this.#last = result.then(
      () => undefined,
      () => undefined, // the caller of that run gets its error; the next run starts afresh
    );
    return result;
  }

  async #run(inputName: string, input: Tensor): Promise<Readonly<Record<string, Tensor>>> {
    try {
      const outputs = await this.#session.run({ [inputName]: new ort.Tensor('float32', input.data, input.shape) });
      return Object.fromEntries(
        Object.entries(outputs).map(([name, value]) => {
          if (!(value.data instanceof Float32Array))
            throw new Error(`output "${name}" is ${value.type}, wanted float32`);
          return [name, { shape: value.dims, data: value.data }];
        }),
      );
    } catch (cause) {
      throw new CupcheckError('INFER_FAILED', `the network failed on ${inputName}: ${message(cause)}`, { cause });
    }
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#session.release();
  }
}

/**
 * ONNX Runtime with a chain of execution providers: the first that loads the model runs it, and those that did not are told in
 * `fallbacks`, like a prepared network that could not be loaded. Telemetry is off before the library loads.
 */
export class OnnxRuntime implements Inference {
  readonly #options: OnnxRuntimeOptions;

  constructor(options: OnnxRuntimeOptions) {
    this.#options = options;
  }

  async load(model: Uint8Array): Promise<LoadedNetwork> {
    const { providers, require } = this.#options;
    const passed: Fallback[] = [];
    const failed: Fallback[] = [];
    for (const provider of providers) {
      if (require !== null && provider !== require) {
        passed.push({ provider, because: `providers.require asks for ${require}` });
        continue;
      }
      const network = await this.#load(model, provider, failed);
      if (network !== null) return network;
    }
    const tried = [...passed, ...failed].map(({ provider, because }) => `${provider}: ${because}`).join('; ');
    throw new CupcheckError('PROVIDER_UNAVAILABLE', `no execution provider could be used (${tried})`);
  }

  /** `null` where the provider cannot be used; why is added to `failed`. */
  async #load(model: Uint8Array, provider: ProviderName, failed: Fallback[]): Promise<LoadedNetwork | null> {
    if (!supportedProviders().includes(provider)) {
      failed.push({ provider, because: 'this build of ONNX Runtime does not hold it' });
      return null;
    }
    const { prepared: engine = null } = this.#options;
    const prepared = engine?.provider === provider ? engine.find(model) : null;
    if (prepared !== null) {
      try {
        return new OnnxNetwork(await this.#create(prepared, provider, 'disabled'), provider, true, failed);
      } catch (cause) {
        failed.push({ provider: `${provider} engine`, because: message(cause) });
      }
    }
    try {
      return new OnnxNetwork(await this.#create(model, provider, 'all'), provider, false, failed);
    } catch (cause) {
      if (cause instanceof CupcheckError) throw cause;
      // On the CPU nothing is missing but a good model.
      if (provider === 'cpu')
        throw new CupcheckError('BUNDLE_INVALID', `not an ONNX model that can be run: ${message(cause)}`, { cause });
      failed.push({ provider, because: message(cause) });
      return null;
    }
  }

  #create(model: Uint8Array, provider: ProviderName, level: 'all' | 'disabled'): Promise<ort.InferenceSession> {
    return ort.InferenceSession.create(model, {
      executionProviders: [provider],
      intraOpNumThreads: this.#options.threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: level,
      extra: exactIntegers,
      logSeverityLevel: 3,
    });
  }
}

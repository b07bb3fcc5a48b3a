import './telemetry-off.js';
import * as ort from 'onnxruntime-node';
import { CupcheckError } from '../../errors.js';
import type { Inference, LoadedNetwork, NetworkSignature, Tensor } from '../../pipeline/ports.js';

export type ProviderName = 'tensorrt' | 'cuda' | 'cpu';

export interface OnnxRuntimeOptions {
  /** Tried in this order. */
  readonly providers: readonly [ProviderName, ...ProviderName[]];
  /** Refuse to load unless this one runs the network. */
  readonly require: ProviderName | null;
  /** Threads inside one run. */
  readonly threads: number;
}

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
  readonly fallbacks: LoadedNetwork['fallbacks'];
  readonly #session: ort.InferenceSession;
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: ort.InferenceSession, provider: string, fallbacks: LoadedNetwork['fallbacks']) {
    this.#session = session;
    this.signature = signatureOf(session);
    this.provider = provider;
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
 * ONNX Runtime with a chain of execution providers: the first that loads the model runs it, and those that did not
 * are told in `fallbacks`. Telemetry is off before the library loads.
 */
export class OnnxRuntime implements Inference {
  readonly #options: OnnxRuntimeOptions;

  constructor(options: OnnxRuntimeOptions) {
    this.#options = options;
  }

  async load(model: Uint8Array): Promise<LoadedNetwork> {
    const { providers, require } = this.#options;
    const fallbacks: { provider: string; because: string }[] = [];
    for (const provider of providers) {
      if (require !== null && provider !== require) {
        fallbacks.push({ provider, because: `providers.require asks for ${require}` });
        continue;
      }
      const session = await this.#create(model, provider, fallbacks);
      if (session !== null) return new OnnxNetwork(session, provider, require === null ? fallbacks : []);
    }
    const tried = fallbacks.map(({ provider, because }) => `${provider}: ${because}`).join('; ');
    throw new CupcheckError('PROVIDER_UNAVAILABLE', `no execution provider could be used (${tried})`);
  }

  async #create(
    model: Uint8Array,
    provider: ProviderName,
    fallbacks: { provider: string; because: string }[],
  ): Promise<ort.InferenceSession | null> {
    if (!ort.listSupportedBackends().some(({ name }) => name === provider)) {
      fallbacks.push({ provider, because: 'this build of ONNX Runtime does not hold it' });
      return null;
    }
    try {
      return await ort.InferenceSession.create(model, {
        executionProviders: [provider],
        intraOpNumThreads: this.#options.threads,
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
      });
    } catch (cause) {
      // On the CPU nothing is missing but a good model.
      if (provider === 'cpu')
        throw new CupcheckError('BUNDLE_INVALID', `not an ONNX model that can be run: ${message(cause)}`, { cause });
      fallbacks.push({ provider, because: message(cause) });
      return null;
    }
  }
}

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CupcheckError } from '../../errors.js';
import type { EngineBuilder } from '../../pipeline/ports.js';
import { gpuDevice, tensorRtVersion } from './device.js';
import { missingForTensorRt } from './tensorrt-parts.js';

/** Compiled on the board by `npm run setup:gpu`, against the headers of its GPU build of ONNX Runtime; its sources: native/engine-build. */
const besideThis = fileURLToPath(new URL('../../../build/engine/cupcheck-engine-build', import.meta.url));
/** The program's own words, cut. */
const longestWords = 2000;
/** How it ends where this machine lacks the provider. */
const lacksProvider = 3;

/** Batches that a network may be run with where the manifest names none: those of the items of a cup. */
const anyBatch: readonly number[] = [1, 8, 32];

/** "crops:1x3x160x160" at that batch, as the program takes it. */
const sized = ({ name, shape }: Parameters<EngineBuilder['prepare']>[1]['input'], batch: number): string =>
  `${name}:${shape.map((axis) => (axis === 'N' ? batch : axis)).join('x')}`;

/** How a program failed; `code` is a text where it could not be started. */
type Ended = Error & {
  readonly stderr?: string;
  readonly code?: number | string;
  readonly signal?: NodeJS.Signals | null;
};

function wordsOf({ stderr = '', message, signal }: Ended): string {
  if (signal) return `its program was ended by ${signal}; ${stderr.trim().slice(-longestWords)}`;
  return (stderr.trim() || message).slice(-longestWords);
}

/**
 * A TensorRT engine in an EPContext node, written by a program of its own on ONNX Runtime's C API: onnxruntime-node sets neither 16 bits nor
 * an engine's file. **Not run on hardware by us**: the program was run on the CPU, and its way to TensorRT as far as one gets without a GPU.
 */
export class TensorRtContext implements EngineBuilder {
  readonly provider = 'tensorrt';
  readonly tried = false;
  readonly #program: string;
  readonly #missing: (program: string) => Promise<readonly string[]>;

  constructor(program: string = process.env['CUPCHECK_ENGINE_PROGRAM'] ?? besideThis, missing = missingForTensorRt) {
    this.#program = program;
    this.#missing = missing;
  }

  async device(): Promise<string> {
    return `${await gpuDevice()}, TensorRT ${await tensorRtVersion()}`;
  }

  async prepare(
    model: Uint8Array,
    { name, input, batches }: Parameters<EngineBuilder['prepare']>[1],
    precision: Parameters<EngineBuilder['prepare']>[2],
    scratch: string,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    signal.throwIfAborted();
    const missing = await this.#missing(this.#program);
    if (missing.length > 0)
      throw new CupcheckError(
        'ENGINE_UNAVAILABLE',
        `TensorRT cannot be used here; missing: ${missing.join('; ')}. npm run setup:gpu builds the program and the libraries`,
      );
    const [from, to] = [join(scratch, `${name}.source.onnx`), join(scratch, `${name}.onnx`)];
    await writeFile(from, model);
    const sizes = [...(batches.length === 0 ? anyBatch : batches)].sort((a, b) => a - b);
    const [least = 1, most = least] = [sizes[0], sizes.at(-1)];
    const given = [from, to, precision, sized(input, least), sized(input, most)];
    try {
      // It takes minutes: it may not outlive this process, however that ends.
      await promisify(execFile)('setpriv', ['--pdeathsig', 'KILL', this.#program, ...given], {
        signal,
        maxBuffer: 16 * 1024 * 1024,
      });
      return await readFile(to);
    } catch (cause) {
      signal.throwIfAborted();
      const ended = cause as Ended;
      const code = ended.code === lacksProvider ? 'ENGINE_UNAVAILABLE' : 'ENGINE_BUILD';
      throw new CupcheckError(code, `TensorRT cannot prepare ${name}: ${wordsOf(ended)}`, { cause });
    }
  }
}

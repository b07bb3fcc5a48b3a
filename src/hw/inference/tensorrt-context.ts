import { execFile } from 'node:child_process';
import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CupcheckError } from '../../errors.js';
import type { EngineBuilder } from '../../pipeline/ports.js';
import { gpuDevice, tensorRtVersion } from './device.js';

/** Built on the board, against the headers of its GPU build of ONNX Runtime. */
const besideThis = fileURLToPath(new URL('../../../build/engine/cupcheck-engine-build', import.meta.url));
/** The program's own words, cut. */
const longestWords = 2000;

/** Batches that a network may be run with where the manifest names none: those of the items of a cup. */
const anyBatch: readonly number[] = [1, 8, 32];

/** "crops:1x3x160x160" at that batch, as the program takes it. */
const sized = ({ name, shape }: Parameters<EngineBuilder['prepare']>[1]['input'], batch: number): string =>
  `${name}:${shape.map((axis) => (axis === 'N' ? batch : axis)).join('x')}`;

/**
 * A TensorRT engine in an EPContext node, written by a program of its own on ONNX Runtime's C API: onnxruntime-node sets neither 16 bits nor
 * an engine's file. **Not run on hardware by us**: tried with a stand-in for the program.
 */
export class TensorRtContext implements EngineBuilder {
  readonly provider = 'tensorrt';
  readonly tried = false;
  readonly #program: string;

  constructor(program: string = process.env['CUPCHECK_ENGINE_PROGRAM'] ?? besideThis) {
    this.#program = program;
  }

  async device(): Promise<string> {
    return `${await gpuDevice()}, TensorRT ${await tensorRtVersion()}`;
  }

  async prepare(
    model: Uint8Array,
    { name, input, batches }: Parameters<EngineBuilder['prepare']>[1],
    precision: 'fp32' | 'fp16',
    scratch: string,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    signal.throwIfAborted();
    await access(this.#program, constants.X_OK).catch((cause: Error) => {
      throw new CupcheckError('ENGINE_UNAVAILABLE', `there is no program ${this.#program}`, { cause });
    });
    const [from, to] = [join(scratch, `${name}.source.onnx`), join(scratch, `${name}.onnx`)];
    await writeFile(from, model);
    const sizes = [...(batches.length === 0 ? anyBatch : batches)].sort((a, b) => a - b);
    const [least = 1, most = least] = [sizes[0], sizes.at(-1)];
    const shapes = [sized(input, least), sized(input, most)];
    try {
      await promisify(execFile)(this.#program, [from, to, precision, ...shapes], {
        signal,
        maxBuffer: 16 * 1024 * 1024,
      });
      return await readFile(to);
    } catch (cause) {
      signal.throwIfAborted();
      const said = (cause as { stderr?: string }).stderr?.trim() || (cause as Error).message;
      throw new CupcheckError('ENGINE_BUILD', `TensorRT cannot prepare ${name}: ${said.slice(-longestWords)}`, {
        cause,
      });
    }
  }
}

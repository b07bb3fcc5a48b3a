import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runtimeVersion } from '../../src/hw/inference/onnx-runtime.js';
import { TensorRtContext } from '../../src/hw/inference/tensorrt-context.js';
import type { EngineBuilder } from '../../src/pipeline/ports.js';
import { EngineProgram, libraryFolder, programSkipped } from '../fixtures/engine-program.js';
import { meanAndSum } from '../fixtures/mean-and-sum.js';
import { engineBuilderContract } from './engine-builder-contract.js';

// It compiles under the sanitizers, beside whatever else runs.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const because = programSkipped === null ? '' : ` (${programSkipped})`;
const bundled = fileURLToPath(new URL('../../models/bundles/first/items.onnx', import.meta.url));
const bundledSizes = ['fp32', 'crops:1x3x160x160', 'crops:16x3x160x160'];
const sizes = ['fp32', 'crops:1x3x8x8', 'crops:4x3x8x8'];

describe.skipIf(programSkipped !== null)(`cupcheck-engine-build, compiled here${because}`, () => {
  let program: EngineProgram;
  let folder: string;
  beforeAll(() => {
    program = new EngineProgram();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cupcheck-engine-'));
    writeFileSync(at('network.onnx'), meanAndSum);
    writeFileSync(at('no-model.onnx'), 'no model');
    mkdirSync(at('a-folder'));
    writeFileSync(at('before.onnx'), 'of before');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);

  /** The way to TensorRT, its provider exchanged for the CPU's. */
  class OnCpu implements EngineBuilder {
    readonly provider = 'cpu';
    readonly tried = true;
    readonly #builder = new TensorRtContext(program.onCpu, () => Promise.resolve([]));
    readonly device = () => this.#builder.device();
    readonly prepare = (...given: Parameters<EngineBuilder['prepare']>) => this.#builder.prepare(...given);
  }
  engineBuilderContract('the program that writes TensorRT’s engines, on the CPU', () => new OnCpu(), true);

  it('says with which library it runs, and sends and keeps nothing', () => {
    const home = at('a-folder');
    const about = program.run(['--about'], { HOME: home });
    expect(about).toMatchObject({ status: 0, said: [] });
    expect(about.stdout).toContain(`ONNX Runtime ${runtimeVersion()} in ${libraryFolder}`);
    const made = program.run(['--provider', 'cpu', at('network.onnx'), at('made.onnx'), ...sizes], { HOME: home });
    expect(made).toEqual({ status: 0, stdout: '', said: [] });
    expect(readdirSync(home)).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual([
      'a-folder',
      'before.onnx',
      'made.onnx',
      'network.onnx',
      'no-model.onnx',
    ]);
  });

  it('puts what it made in the place of what was there', () => {
    const to = at('before.onnx');
    expect(program.run(['--provider', 'cpu', at('network.onnx'), to, ...sizes]).status).toBe(0);
    expect(readFileSync(to).includes('crops')).toBe(true);
  });

  it.each([
    ['a missing network', 1, 'No such file', ['cpu', 'missing.onnx', 'before.onnx', ...sizes]],
    ['a folder for a network', 1, 'is not a file', ['cpu', 'a-folder', 'before.onnx', ...sizes]],
    ['no model', 1, 'not an ONNX model', ['cpu', 'no-model.onnx', 'before.onnx', ...sizes]],
    ['a target in no folder', 1, 'nothing can be written', ['cpu', 'network.onnx', 'nowhere/new.onnx', ...sizes]],
    ['a target below a file', 1, 'Not a directory', ['cpu', 'network.onnx', 'before.onnx/new.onnx', ...sizes]],
    ['a folder for a target', 1, 'cannot be put', ['cpu', 'network.onnx', 'a-folder', ...sizes]],
    [
      'another input',
      1,
      'takes crops',
      ['cpu', 'network.onnx', 'before.onnx', 'fp32', 'image:1x3x8x8', 'image:1x3x8x8'],
    ],
    [
      'other sizes',
      1,
      'crops:Nx3x8x8',
      ['cpu', 'network.onnx', 'before.onnx', 'fp32', 'crops:1x3x9x8', 'crops:4x3x9x8'],
    ],
    ['another rank', 1, 'crops:Nx3x8x8', ['cpu', 'network.onnx', 'before.onnx', 'fp32', 'crops:1x3x8', 'crops:4x3x8']],
    ['an unknown provider', 2, 'unknown provider "cuda"', ['cuda', 'network.onnx', 'before.onnx', ...sizes]],
    ['an unknown precision', 2, '"int8"', ['cpu', 'network.onnx', 'before.onnx', 'int8', ...sizes.slice(1)]],
    ['a size that is none', 2, '"crops:1x"', ['cpu', 'network.onnx', 'before.onnx', 'fp32', 'crops:1x', 'crops:4']],
    ['a size too large', 2, '65536', ['cpu', 'network.onnx', 'before.onnx', 'fp32', 'crops:1', 'crops:65537']],
    ['sizes the wrong way', 2, 'smallest', ['cpu', 'network.onnx', 'before.onnx', 'fp32', 'crops:4', 'crops:1']],
    ['too little', 2, 'usage', ['cpu', 'network.onnx']],
  ])('refuses %s in one line, and leaves all as it was', (_, status, words, [provider = '', ...given]) => {
    const before = readdirSync(folder).sort();
    // Paths are told by their dot; the rest are words.
    const args = given.map((each) => (/\.onnx|folder/.test(each) ? at(each) : each));
    const ended = program.run(['--provider', provider, ...args]);
    expect(ended.said.at(-1)).toContain(words);
    expect(ended).toMatchObject({ status, said: { length: 1 } });
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(readFileSync(at('before.onnx'), 'utf8')).toBe('of before');
  });

  it('killed as it writes it leaves no half model at the target', () => {
    const to = at('new.onnx');
    const args = ['--provider', 'cpu', bundled, to, ...bundledSizes];
    expect(program.killed(args, 1_000_000)).toBe('SIGXFSZ');
    expect(existsSync(to)).toBe(false);
    expect(program.run(args).status).toBe(0);
  });

  const hasTensorRt = existsSync(join(libraryFolder, 'libonnxruntime_providers_tensorrt.so'));
  it.skipIf(hasTensorRt)('says that this ONNX Runtime has no TensorRT, and what to do', () => {
    const { status, said } = program.run([at('network.onnx'), at('new.onnx'), ...sizes]);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(`this ONNX Runtime (${runtimeVersion()}, in ${libraryFolder}) has no TensorRT`);
    expect(said[0]).toContain('npm run setup:gpu');
    expect(status).toBe(3);
    expect(existsSync(at('new.onnx'))).toBe(false);
  });

  it('says that a library of TensorRT’s provider cannot be loaded', () => {
    copyFileSync(join(libraryFolder, 'libonnxruntime.so.1'), at('a-folder/libonnxruntime.so.1'));
    for (const part of ['shared', 'cuda', 'tensorrt'])
      writeFileSync(at(`a-folder/libonnxruntime_providers_${part}.so`), 'no library');
    const { status, said } = program.run([at('network.onnx'), at('new.onnx'), ...sizes], {
      LD_LIBRARY_PATH: at('a-folder'),
    });
    expect(said.at(-1)).toMatch(/cannot use TensorRT|has no TensorRT/);
    expect(status).toBe(3);
  });
});

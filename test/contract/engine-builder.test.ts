import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, createReadStream, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { preparedFrom } from '../../src/daemon/engines/choose-engine.js';
import { OnnxRuntime, supportedProviders } from '../../src/hw/inference/onnx-runtime.js';
import { OptimisedModel } from '../../src/hw/inference/optimised-model.js';
import { TensorRtContext } from '../../src/hw/inference/tensorrt-context.js';
import { missingForTensorRt } from '../../src/hw/inference/tensorrt-parts.js';
import { compiled } from '../fixtures/compiled.js';
import { onnxModel } from '../fixtures/tiny-onnx.js';
import { engineBuilderContract } from './engine-builder-contract.js';

/** Stands for the program that talks to TensorRT: it copies what is no nonsense. */
function standIn(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'cupcheck-trt-')), 'engine-build');
  writeFileSync(
    path,
    '#!/bin/sh\ncase "$(head -c 2 "$1")" in no) echo "cannot parse $1" >&2; exit 1;; esac\n[ "$4" = crops:1x3x8x8 ] && [ "$5" = crops:4x3x8x8 ] && cp "$1" "$2"\n',
  );
  chmodSync(path, 0o755);
  return path;
}

engineBuilderContract('ONNX Runtime’s optimised model, on the CPU', () => new OptimisedModel(), true);
const nothingMissing = () => Promise.resolve([]);
engineBuilderContract(
  'TensorRT, with a stand-in for its program',
  () => new TensorRtContext(standIn(), nothingMissing),
  // What the stand-in copies is no engine; and the provider is not there.
  false,
);

const hasTensorRt = supportedProviders().includes('tensorrt') && process.env['CUPCHECK_ENGINE_PROGRAM'] !== undefined;
describe.skipIf(!hasTensorRt)('with CUPCHECK_ENGINE_PROGRAM and a GPU build of ONNX Runtime', () => {
  engineBuilderContract('TensorRT', () => new TensorRtContext(), true);
});

const network = { name: 'items', input: { name: 'crops', shape: ['N', 3] }, batches: [1] } as const;
const prepare = (builder: TensorRtContext) =>
  builder.prepare(
    new Uint8Array(1),
    network,
    'fp32',
    mkdtempSync(join(tmpdir(), 'cupcheck-trt-')),
    new AbortController().signal,
  );
/** A program of one line of shell. */
function program(line: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'cupcheck-trt-')), 'engine-build');
  writeFileSync(path, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return path;
}

it('without its program and its libraries TensorRT says each thing that is missing, and what to do', async () => {
  await expect(prepare(new TensorRtContext('/nowhere/engine-build'))).rejects.toMatchObject({
    code: 'ENGINE_UNAVAILABLE',
    message: expect.stringMatching(/\/nowhere\/engine-build.*npm run setup:gpu/) as string,
  });
});

it('names what building for TensorRT takes: program, libraries, and beside them TensorRT and a GPU', async () => {
  const root = mkdtempSync(join(tmpdir(), 'cupcheck-trt-'));
  const there = program('exit 0');
  const missing = await missingForTensorRt(there, root, root);
  expect(missing).toHaveLength(3);
  expect(missing[0]).toContain('libonnxruntime_providers_tensorrt.so');
  expect(missing[1]).toContain('libnvinfer.so');
  expect(missing[2]).toContain('GPU');
  for (const name of ['shared', 'cuda', 'tensorrt'])
    writeFileSync(join(root, `libonnxruntime_providers_${name}.so`), '');
  expect(await missingForTensorRt(there, root, root), 'where TensorRT lies is not known for sure').toEqual([]);
  expect((await missingForTensorRt('/nowhere/engine-build', root, root))[0]).toContain('/nowhere/engine-build');
});

it.each([
  ['echo "no TensorRT here" >&2; exit 3', 'ENGINE_UNAVAILABLE', 'no TensorRT here'],
  ['echo "not all of it" >&2; exit 1', 'ENGINE_BUILD', 'not all of it'],
  ['kill -SEGV $$', 'ENGINE_BUILD', 'SIGSEGV'],
])('tells how its program ended: %s', async (line, code, words) => {
  await expect(prepare(new TensorRtContext(program(line), nothingMissing))).rejects.toMatchObject({
    code,
    message: expect.stringContaining(words) as string,
  });
});

it('its program ends with the process that builds, however that ends', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'cupcheck-trt-'));
  const fifo = join(scratch, 'alive');
  spawnSync('mkfifo', [fifo]);
  // It holds the pipe for as long as it lives.
  const holding = program(`exec 3>${fifo}; echo $$ >&3; exec sleep 600`);
  const module = compiled('hw/inference/tensorrt-context.ts');
  const building = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { TensorRtContext } from '${module.href}';
     const network = ${JSON.stringify(network)};
     const never = new AbortController().signal;
     await new TensorRtContext('${holding}', async () => []).prepare(new Uint8Array(1), network, 'fp32', '${scratch}', never);`,
  ]);
  const pipe = createReadStream(fifo);
  const ended = once(pipe, 'end');
  await once(pipe, 'data');
  building.kill('SIGKILL');
  await ended;
});

it('a prepared network that ONNX Runtime does not load is told as a fallback, and the network itself runs', async () => {
  const model = onnxModel({
    input: ['x', ['N', 2]],
    outputs: { y: ['N', 2] },
    weights: {},
    nodes: [{ op: 'Relu', inputs: ['x'], output: 'y' }],
  });
  const broken = { ...preparedFrom('cpu', new Map()), find: () => Buffer.from('no model') };
  const network = await new OnnxRuntime({ providers: ['cpu'], require: null, threads: 1, prepared: broken }).load(
    model,
  );
  expect(network).toMatchObject({ provider: 'cpu', prepared: false, fallbacks: [{ provider: 'cpu engine' }] });
  await network.close();
});

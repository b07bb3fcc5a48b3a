import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { preparedFrom } from '../../src/daemon/engines/choose-engine.js';
import { OnnxRuntime, supportedProviders } from '../../src/hw/inference/onnx-runtime.js';
import { OptimisedModel } from '../../src/hw/inference/optimised-model.js';
import { TensorRtContext } from '../../src/hw/inference/tensorrt-context.js';
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
engineBuilderContract(
  'TensorRT, with a stand-in for its program',
  () => new TensorRtContext(standIn()),
  // What the stand-in copies is no engine; and the provider is not there.
  false,
);

const hasTensorRt = supportedProviders().includes('tensorrt') && process.env['CUPCHECK_ENGINE_PROGRAM'] !== undefined;
describe.skipIf(!hasTensorRt)('with CUPCHECK_ENGINE_PROGRAM and a GPU build of ONNX Runtime', () => {
  engineBuilderContract('TensorRT', () => new TensorRtContext(), true);
});

it('without its program TensorRT says what is missing', async () => {
  const network = { name: 'items', input: { name: 'crops', shape: ['N', 3] }, batches: [1] } as const;
  const builder = new TensorRtContext('/nowhere/engine-build');
  await expect(
    builder.prepare(new Uint8Array(1), network, 'fp32', tmpdir(), new AbortController().signal),
  ).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE', message: expect.stringContaining('/nowhere') as string });
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

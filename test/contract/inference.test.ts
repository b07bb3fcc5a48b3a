import { describe, expect, it } from 'vitest';
import { OnnxRuntime, type OnnxRuntimeOptions } from '../../src/hw/inference/onnx-runtime.js';
import { meanAndSum as model } from '../fixtures/mean-and-sum.js';

const runtime = (options: Partial<OnnxRuntimeOptions> = {}) =>
  new OnnxRuntime({ providers: ['cpu'], require: null, threads: 1, ...options });
const input = (batch: number) => ({
  shape: [batch, 3, 8, 8],
  data: Float32Array.from({ length: batch * 192 }, (_, at) => Math.floor(at / 64) + 1),
});

describe('ONNX Runtime as Inference', () => {
  it('tells the signature of a network, with its batch axis by name', async () => {
    const network = await runtime().load(model);
    expect(network.signature).toEqual({
      inputs: { crops: ['N', 3, 8, 8] },
      outputs: { mean: ['N', 3], sum: ['N', 1] },
    });
    await network.close();
  });

  it('runs any batch, and runs that were asked for at once follow each other', async () => {
    const network = await runtime().load(model);
    const [one, two] = await Promise.all([network.run('crops', input(1)), network.run('crops', input(2))]);
    expect(one['mean']).toEqual({ shape: [1, 3], data: Float32Array.of(1, 2, 3) });
    expect(two['sum']).toEqual({ shape: [2, 1], data: Float32Array.of(6, 15) });
    await network.close();
  });

  it('fails with the reason on a wrong input, and runs the next one', async () => {
    const network = await runtime().load(model);
    await expect(network.run('pictures', input(1))).rejects.toMatchObject({ code: 'INFER_FAILED' });
    await expect(network.run('crops', { shape: [1, 1], data: new Float32Array(1) })).rejects.toMatchObject({
      code: 'INFER_FAILED',
    });
    await expect(network.run('crops', input(1))).resolves.toBeDefined();
    await network.close();
  });

  it('refuses bytes that are no model', async () => {
    await expect(runtime().load(Buffer.from('no model'))).rejects.toMatchObject({ code: 'BUNDLE_INVALID' });
  });

  it('falls back loudly: what could not be used is told, with the reason', async () => {
    const network = await runtime({ providers: ['tensorrt', 'cpu'] }).load(model);
    expect(network.provider).toBe('cpu');
    expect(network.fallbacks).toMatchObject([{ provider: 'tensorrt' }]);
    expect(network.fallbacks[0]?.because).not.toBe('');
    await network.close();
  });

  it('refuses to run on another provider than the one required', async () => {
    await expect(runtime({ providers: ['tensorrt', 'cpu'], require: 'tensorrt' }).load(model)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: expect.stringContaining('tensorrt') as string,
    });
  });

  it('has telemetry turned off before the library loads', () => {
    expect(process.env['ORT_DISABLE_TELEMETRY']).toBe('1');
  });
});

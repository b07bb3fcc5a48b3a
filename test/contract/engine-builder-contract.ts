import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineBuilder } from '../../src/pipeline/ports.js';
import { preparedFrom } from '../../src/daemon/engines/choose-engine.js';
import { OnnxRuntime } from '../../src/hw/inference/onnx-runtime.js';
import { createHash } from 'node:crypto';
import { meanAndSum as model } from '../fixtures/mean-and-sum.js';

const network = { name: 'items', input: { name: 'crops', shape: ['N', 3, 8, 8] }, batches: [1, 4] } as const;
const input = (batch: number) => ({
  shape: [batch, 3, 8, 8],
  data: Float32Array.from({ length: batch * 192 }, (_, at) => Math.floor(at / 64) + 1),
});
const never = new AbortController().signal;

/** What every `EngineBuilder` promises. @param loads whether this machine runs its provider, so that what it made can be loaded */
export function engineBuilderContract(name: string, make: () => EngineBuilder, loads: boolean): void {
  describe(`engine builder: ${name}`, () => {
    let scratch: string;
    let builder: EngineBuilder;
    beforeEach(() => {
      scratch = mkdtempSync(join(tmpdir(), 'cupcheck-engine-'));
      builder = make();
    });
    afterEach(() => rmSync(scratch, { recursive: true, force: true }));

    it('says for which device, twice the same', async () => {
      const device = await builder.device();
      expect(device).not.toBe('');
      expect(device.length).toBeLessThanOrEqual(300);
      expect(await builder.device()).toBe(device);
    });

    it('prepares a network, and leaves the given bytes as they were', async () => {
      const before = Buffer.from(model);
      const prepared = await builder.prepare(model, network, 'fp32', scratch, never);
      expect(prepared.length).toBeGreaterThan(0);
      expect(Buffer.from(model).equals(before)).toBe(true);
    });

    it('says why a network cannot be prepared', async () => {
      const preparing = builder.prepare(Buffer.from('no model'), network, 'fp32', scratch, never);
      await expect(preparing).rejects.toMatchObject({
        code: 'ENGINE_BUILD',
        message: expect.stringContaining('items') as string,
      });
    });

    it('ends with the reason of who ended it', async () => {
      const ended = new AbortController();
      ended.abort(new Error('ended by SIGINT'));
      await expect(builder.prepare(model, network, 'fp32', scratch, ended.signal)).rejects.toThrow('ended by SIGINT');
    });

    it.skipIf(!loads)(
      'gives what ONNX Runtime loads in the place of the network, at any batch, with the same result',
      async () => {
        const prepared = await builder.prepare(model, network, 'fp32', scratch, never);
        const digest = createHash('sha256').update(model).digest('hex');
        const runtime = new OnnxRuntime({
          providers: [builder.provider],
          require: builder.provider,
          threads: 1,
          prepared: preparedFrom(builder.provider, new Map([[digest, prepared]])),
        });
        const loaded = await runtime.load(model);
        expect(loaded).toMatchObject({ provider: builder.provider, prepared: true, fallbacks: [] });
        expect(loaded.signature.inputs).toEqual({ crops: ['N', 3, 8, 8] });
        expect((await loaded.run('crops', input(2)))['sum']).toEqual({ shape: [2, 1], data: Float32Array.of(6, 15) });
        await loaded.close();
      },
    );
  });
}

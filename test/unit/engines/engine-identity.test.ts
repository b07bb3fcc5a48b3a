import { expect, it } from 'vitest';
import { type EngineIdentity, engineKey, unfitFor } from '../../../src/daemon/engines/engine-identity.js';

const identity: EngineIdentity = {
  networks: { detector: 'a'.repeat(64), items: 'b'.repeat(64) },
  provider: 'tensorrt',
  runtime: '1.30.0',
  device: 'Orin NX, TensorRT 10.3.0',
  precision: 'fp16',
};

it('the key of an engine does not depend on the order of its networks', () => {
  const turned = { ...identity, networks: { items: 'b'.repeat(64), detector: 'a'.repeat(64) } };
  expect(engineKey(turned)).toBe(engineKey(identity));
  expect(engineKey(identity)).toMatch(/^[0-9a-f]{64}$/);
});

it.each<Partial<EngineIdentity>>([
  { networks: { detector: 'a'.repeat(64), items: 'c'.repeat(64) } },
  { networks: { detector: 'b'.repeat(64), items: 'a'.repeat(64) } },
  { provider: 'cpu' },
  { runtime: '1.31.0' },
  { device: 'Orin NX, TensorRT 10.4.0' },
  { precision: 'fp32' },
])('%j is another engine', (change) => {
  expect(engineKey({ ...identity, ...change })).not.toBe(engineKey(identity));
});

it('tells what keeps an engine from this machine', () => {
  const device = () => identity.device;
  expect(unfitFor(identity, { runtime: '1.30.0', device })).toEqual([]);
  expect(unfitFor(identity, { runtime: '1.31.0', device })).toEqual(['made by ONNX Runtime 1.30.0, here is 1.31.0']);
  expect(unfitFor(identity, { runtime: '1.30.0', device: () => 'Nano' })).toEqual([
    'made for Orin NX, TensorRT 10.3.0, here is Nano',
  ]);
});

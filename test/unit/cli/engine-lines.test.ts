import { describe, expect, it } from 'vitest';
import { builtLines, type StationWish, untried } from '../../../src/cli/engine/engine-lines.js';
import type { BuiltEngine } from '../../../src/daemon/engines/build-engine.js';

const terminal = { out: () => undefined, err: () => undefined, colour: false };

const built: BuiltEngine = {
  precision: 'fp16',
  key: 'a'.repeat(64),
  outcome: 'built',
  provider: 'tensorrt',
  device: 'a board, TensorRT 10.3.0',
  tried: false,
  proof: {
    bundle: 'b'.repeat(64),
    name: 'first',
    version: '3.1.0',
    judge: 'metric',
    at: '2026-11-29T02:00:00.000Z',
    outcome: 'same',
    pictures: 3,
    golden: 'c'.repeat(64),
    difference: 0,
    allowed: 0.01,
    cpuMs: 100,
    engineMs: 10,
    different: [],
    differences: 0,
  },
  ms: 1000,
};
const said = (provider: string, precision: StationWish['precision'] = 'fp16') =>
  builtLines(built, terminal, { provider, precision }).join(' ').replaceAll(/\s+/g, ' ');

describe('what is said of a built engine', () => {
  it('tells that it was not run on hardware', () => {
    expect(said('tensorrt')).toContain(untried);
  });

  it('does not promise that it serves while the station tries another provider first', () => {
    expect(said('tensorrt')).toContain('It serves from the next start');
    expect(said('cpu')).not.toContain('It serves from the next start');
    expect(said('cpu')).toContain('the station tries cpu first');
  });

  it('nor while the station asks for other weights', () => {
    expect(said('tensorrt', 'auto')).toContain('It serves from the next start');
    expect(said('tensorrt', 'fp32')).not.toContain('It serves from the next start');
    expect(said('tensorrt', 'fp32')).toContain('infer.precision is fp32. It serves once that is fp16, or auto.');
  });
});

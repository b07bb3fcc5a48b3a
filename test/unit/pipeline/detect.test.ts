import { describe, expect, it } from 'vitest';
import { detect, overlapOverUnion, peaksOf, suppress } from '../../../src/pipeline/detect.js';
import type { LoadedNetwork, Tensor } from '../../../src/pipeline/ports.js';
import { sceneOf } from '../../../src/pipeline/scene.js';
import { planBatches } from '../../../src/pipeline/score.js';
import { manifest } from '../../fixtures/cup-facts.js';
import { draw } from '../../fixtures/drawing.js';

const spec = manifest.networks.detector;

const saying = (outputs: Record<string, Tensor>): LoadedNetwork => ({
  signature: { inputs: {}, outputs: {} },
  provider: 'test',
  fallbacks: [],
  prepared: false,
  run: async () => await Promise.resolve(outputs),
  close: async () => await Promise.resolve(),
});

const blankOutputs = () => ({
  heat: { shape: [1, 1, 60, 80], data: new Float32Array(4800) },
  size: { shape: [1, 2, 60, 80], data: new Float32Array(9600) },
  offset: { shape: [1, 2, 60, 80], data: new Float32Array(9600) },
  mask: { shape: [1, 1, 60, 80], data: new Float32Array(4800) },
});

describe('peaksOf', () => {
  it('takes the largest of 3×3, from the threshold on, the strongest first', () => {
    const heat = new Float32Array(25);
    heat[6] = 0.5;
    heat[7] = 0.6;
    heat[18] = 0.9;
    heat[24] = 0.29;
    expect(peaksOf(heat, 5, 5, 0.3)).toEqual([
      { at: 18, score: expect.closeTo(0.9) },
      { at: 7, score: expect.closeTo(0.6) },
    ]);
  });

  it('takes one of two equals, and no value that is not a number', () => {
    expect(peaksOf(Float32Array.of(0.5, 0.5, 0, Number.NaN), 4, 1, 0.3)).toHaveLength(1);
  });
});

describe('detect', () => {
  it('puts a peak’s box into picture pixels, also of a portrait picture', async () => {
    const outputs = blankOutputs();
    const at = 10 * 80 + 20;
    outputs.heat.data[at] = 0.8;
    outputs.size.data.set([0.5], at);
    outputs.size.data.set([0.25], at + 4800);
    outputs.offset.data.set([0.1], at);
    outputs.offset.data.set([-0.2], at + 4800);
    // 480×960 is scaled by 1/4 to fit 240 rows.
    const scene = sceneOf(draw({ width: 480, height: 960, bottom: [50, 60, 70], items: [] }), spec);
    const { items, cellPx } = await detect(scene, spec, saying(outputs));
    expect(cellPx).toBe(16);
    const [x, y, width, height] = items[0]?.box ?? [0, 0, 0, 0];
    expect([width, height]).toEqual([128, 64]);
    expect(x + width / 2).toBeCloseTo((20.5 + 0.1) * 16, 3);
    expect(y + height / 2).toBeCloseTo((10.5 - 0.2) * 16, 3);
  });

  it('fills what the picture does not cover with the mean', () => {
    const scene = sceneOf(draw({ width: 480, height: 960, bottom: [255, 255, 255], items: [] }), spec);
    expect(scene.usedWidth).toBe(120);
    expect(scene.data[119]).toBeCloseTo(1, 2);
    expect(scene.data[121]).toBe(0);
  });

  it('says which output is missing', async () => {
    const scene = sceneOf(draw({ width: 320, height: 240, bottom: [5, 5, 5], items: [] }), spec);
    const { mask: _, ...rest } = blankOutputs();
    await expect(detect(scene, spec, saying(rest))).rejects.toMatchObject({
      code: 'INFER_FAILED',
      message: expect.stringContaining('mask') as string,
    });
  });
});

it('the weaker of two boxes on one item is dropped, neighbours stay', () => {
  const box = (x: number, confidence: number) => ({ box: [x, 0, 100, 100] as const, confidence });
  expect(overlapOverUnion([0, 0, 100, 100], [50, 0, 100, 100])).toBeCloseTo(1 / 3);
  expect(suppress([box(0, 0.9), box(10, 0.8), box(102, 0.7)]).map(({ confidence }) => confidence)).toEqual([0.9, 0.7]);
});

it.each([
  [1, [1]],
  [3, [4]],
  [5, [4, 1]],
  [6, [8]],
  [10, [8, 1, 1]],
  [13, [16]],
  [20, [16, 4]],
  [0, []],
])('%i items run in batches of %j', (count, plan) => {
  expect(planBatches(count, [1, 4, 8, 16])).toEqual(plan);
});

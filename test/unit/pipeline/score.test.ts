import { expect, it } from 'vitest';
import type { ItemsSpec } from '../../../src/pipeline/bundle/manifest.js';
import type { LoadedNetwork } from '../../../src/pipeline/ports.js';
import { scoreItems, scoreTurned } from '../../../src/pipeline/score.js';
import { manifest } from '../../fixtures/cup-facts.js';

const spec: ItemsSpec = { ...manifest.networks.items, batches: [1, 4] };
const SIDE = 2;
const PIXELS = 3 * SIDE * SIDE;

/** Its embedding is what the first two pixels hold; scores and side the first one. */
const firstPixels: LoadedNetwork = {
  signature: { inputs: {}, outputs: {} },
  provider: 'cpu',
  fallbacks: [],
  prepared: false,
  run: async (_, { data, shape }) => {
    const count = shape[0] ?? 0;
    const rows = Array.from({ length: count }, (__, row) => data.subarray(row * PIXELS, (row + 1) * PIXELS));
    const column = (...at: number[]) => ({
      shape: [count, at.length],
      data: Float32Array.from(rows.flatMap((row) => at.map((index) => row[index] ?? 0))),
    });
    return await Promise.resolve({ embedding: column(0, 1), scores: column(0), side: column(0, 1) });
  },
  close: async () => await Promise.resolve(),
};
const crops = (...items: readonly (readonly number[])[]) => ({
  data: Float32Array.from(items.flatMap((four) => [...four, ...four, ...four])),
  count: items.length,
  side: SIDE,
});

it('two turns: the mean of a crop as it lies and upside down, of length 1', async () => {
  const [first, second] = await scoreTurned(crops([3, 4, 8, 5], [0, 1, 0, 0]), 2, spec, firstPixels);
  // Upside down the first crop begins with 5 and 8.
  expect(first?.embedding[0]).toBeCloseTo(4 / Math.hypot(4, 6));
  expect(first?.embedding[1]).toBeCloseTo(6 / Math.hypot(4, 6));
  expect(first?.classScores[0]).toBeCloseTo(4);
  expect(first?.sideLogits).toEqual([4, 6]);
  expect(second?.embedding[1]).toBeCloseTo(1);
});

it('two turns do not change for a crop that was turned upside down', async () => {
  const [upright] = await scoreTurned(crops([3, 4, 8, 5]), 2, spec, firstPixels);
  const [turned] = await scoreTurned(crops([5, 8, 4, 3]), 2, spec, firstPixels);
  expect(turned).toEqual(upright);
  const [once] = await scoreItems(crops([5, 8, 4, 3]), spec, firstPixels);
  expect(once?.classScores[0]).toBe(5);
});

it('turns of no crop is no score', async () => {
  expect(await scoreTurned(crops(), 2, spec, firstPixels)).toEqual([]);
});

it('four turns: the mean over the corners that come first, one after the other', async () => {
  // Clockwise, the crop [3 4; 8 5] begins with 3 4, 8 3, 5 8 and 4 5.
  const [seen] = await scoreTurned(crops([3, 4, 8, 5]), 4, spec, firstPixels);
  expect(seen?.classScores[0]).toBeCloseTo((3 + 8 + 5 + 4) / 4);
  expect(seen?.sideLogits).toEqual([5, (4 + 3 + 8 + 5) / 4]);
  const [other] = await scoreTurned(crops([8, 3, 5, 4]), 4, spec, firstPixels);
  expect(other).toEqual(seen);
});

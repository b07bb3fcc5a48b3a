import { CupcheckError } from '../errors.js';
import type { ItemsSpec } from './bundle/manifest.js';
import type { Crops } from './crop.js';
import type { ScoredItem } from './judges/judge.js';
import type { LoadedNetwork, Tensor } from './ports.js';
import { type Turns, turned } from './turns.js';

/** Padding up to this share of a batch is cheaper than one more run. */
const MAX_PADDING = 0.25;

/** Batches that hold `count` items: the largest that fits, or the next larger one where little of it stays empty. */
export function planBatches(count: number, batches: readonly number[]): number[] {
  const sorted = batches.toSorted((a, b) => a - b);
  const smallest = sorted[0] ?? 1;
  const plan: number[] = [];
  for (let left = count; left > 0; ) {
    const above = sorted.find((batch) => batch >= left && (batch - left) / batch <= MAX_PADDING);
    const batch = above ?? sorted.findLast((one) => one <= left) ?? smallest;
    plan.push(batch);
    left -= batch;
  }
  return plan;
}

/** What the items network says of each crop, without the sizes that only the camera knows. */
export type NetworkScores = Omit<ScoredItem, 'sizeFits'>;

const meanOf = (vectors: readonly Float32Array[]): Float32Array =>
  Float32Array.from(
    vectors[0] ?? [],
    (_, at) => vectors.reduce((sum, one) => sum + (one[at] ?? 0), 0) / vectors.length,
  );

/** The vector scaled to length 1; a vector of zeros stays. */
export function ofLengthOne(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : vector;
}

/**
 * Scores each crop by the mean of what the network says of it in its turns: a network that was taught to disregard the
 * turn does so only nearly.
 * @throws INFER_FAILED
 */
export async function scoreTurned(
  crops: Crops,
  turns: Turns,
  spec: ItemsSpec,
  network: LoadedNetwork,
  withFeatures = false,
): Promise<NetworkScores[]> {
  const scores = await scoreItems(turned(crops, turns), spec, network, withFeatures);
  return scores.slice(0, crops.count).map((_, index) => {
    const views = scores.filter((__, row) => row % crops.count === index);
    const side = (at: 0 | 1) => views.reduce((sum, { sideLogits }) => sum + sideLogits[at], 0) / turns;
    const features = views.flatMap((view) => (view.features === null ? [] : [view.features]));
    return {
      features: withFeatures ? meanOf(features) : null,
      embedding: ofLengthOne(meanOf(views.map(({ embedding }) => embedding))),
      classScores: meanOf(views.map(({ classScores }) => classScores)),
      sideLogits: [side(0), side(1)],
    };
  });
}

/**
 * @param withFeatures whether to keep the pooled maps too: they are long, and only some judges read them
 * @throws INFER_FAILED, also where an output holds values that are not numbers
 */
export async function scoreItems(
  crops: Crops,
  spec: ItemsSpec,
  network: LoadedNetwork,
  withFeatures = false,
): Promise<NetworkScores[]> {
  const floats = 3 * crops.side * crops.side;
  const scores: NetworkScores[] = [];
  for (const batch of planBatches(crops.count, spec.batches)) {
    const from = scores.length;
    const used = Math.min(batch, crops.count - from);
    const data = new Float32Array(batch * floats);
    data.set(crops.data.subarray(from * floats, (from + used) * floats));
    const outputs = await network.run(spec.input.name, { shape: [batch, 3, crops.side, crops.side], data });
    for (let row = 0; row < used; row++) {
      const side = rowOf(outputs, 'side', batch, row);
      scores.push({
        embedding: rowOf(outputs, 'embedding', batch, row),
        classScores: rowOf(outputs, 'scores', batch, row),
        sideLogits: [side[0] ?? 0, side[1] ?? 0],
        features: withFeatures ? rowOf(outputs, 'features', batch, row) : null,
      });
    }
  }
  return scores;
}

function rowOf(outputs: Readonly<Record<string, Tensor>>, name: string, batch: number, row: number): Float32Array {
  const tensor = outputs[name];
  if (tensor === undefined) throw new CupcheckError('INFER_FAILED', `the items network gave no "${name}"`);
  const wide = tensor.data.length / batch;
  const values = tensor.data.slice(row * wide, (row + 1) * wide);
  // A NaN would lose every comparison silently, and so might pass a test that asks "is a rival better?".
  if (!values.every((value) => Number.isFinite(value)))
    throw new CupcheckError('INFER_FAILED', `the items network gave values that are not numbers in "${name}"`);
  return values;
}

import type { ScoredItem } from './judge.js';
import type { ClassTable } from './resemblance.js';

/** Probabilities by class: the softmax of the class scores. */
export function probabilities({ classScores }: Pick<ScoredItem, 'classScores'>, scale: number): Float64Array {
  const most = classScores.reduce((a, b) => Math.max(a, b), -Infinity);
  const raw = Float64Array.from(classScores, (score) => Math.exp(scale * (score - most)));
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((value) => value / sum);
}

/** By design: the sum over its classes. */
export function byDesign({ manifest, designsOf }: ClassTable, byClass: Float64Array): Float64Array {
  const sums = new Float64Array(manifest.designs.length);
  for (const [index, members] of designsOf.entries())
    for (const design of members) sums[design] = (sums[design] ?? 0) + (byClass[index] ?? 0);
  return sums;
}

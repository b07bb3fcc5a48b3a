import type { ScoredItem } from './judge.js';

/** Probabilities by class: the softmax of the class scores. */
export function probabilities({ classScores }: Pick<ScoredItem, 'classScores'>, scale: number): Float64Array {
  const most = classScores.reduce((a, b) => Math.max(a, b), -Infinity);
  const raw = Float64Array.from(classScores, (score) => Math.exp(scale * (score - most)));
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((value) => value / sum);
}

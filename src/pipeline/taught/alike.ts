import type { ClassSpec, DesignSpec, LookAlikes } from '../bundle/manifest.js';

/** The bundle's own rule, see `models/train/choose.py`: margin = slope × (mean cosine of the examples − from). */
const ALIKE_FROM = 0.3;
const ALIKE_SLOPE = 2;
/** A margin below this is none. */
const LEAST_MARGIN = 0.005;

/** One class with its examples, rows of `dim` floats. */
export interface Exemplars {
  readonly spec: ClassSpec;
  readonly vectors: Float32Array;
}

/** Mean of all examples. Its products with another mean are the mean cosines of all pairs. */
function meanOf(vectors: Float32Array, dim: number): Float32Array {
  const mean = new Float32Array(dim);
  const count = vectors.length / dim;
  for (const [at, value] of vectors.entries()) mean[at % dim] = (mean[at % dim] ?? 0) + value / count;
  return mean;
}

const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

/**
 * What stands for a class in the comparison. Where nobody said which side a picture shows, a mean over both sides would
 * resemble nothing: then each picture stands for itself, and the most alike counts.
 */
function representatives({ spec, vectors }: Exemplars, dim: number): Float32Array[] {
  if (vectors.length === 0) return [];
  if (spec.side !== null) return [meanOf(vectors, dim)];
  return Array.from({ length: vectors.length / dim }, (_, row) => vectors.subarray(row * dim, (row + 1) * dim));
}

function canBeOfOneSize(a: ClassSpec, b: ClassSpec, designs: ReadonlyMap<string, DesignSpec>): boolean {
  const of = (one: ClassSpec) => one.designs.flatMap((id) => designs.get(id) ?? []);
  return of(a).some((one) =>
    of(b).some((other) => Math.abs(one.diameterMm - other.diameterMm) <= one.toleranceMm + other.toleranceMm),
  );
}

/** The margins between the classes at `taught` and every other class of another design and of compatible size. */
export function lookAlikesOf(
  taught: ReadonlySet<number>,
  classes: readonly Exemplars[],
  designs: ReadonlyMap<string, DesignSpec>,
  dim: number,
): LookAlikes[] {
  const stand = classes.map((one) => representatives(one, dim));
  const found: LookAlikes[] = [];
  for (const a of taught)
    for (const [b, other] of classes.entries()) {
      const one = classes[a];
      // A pair of two taught classes is met twice; the second time counts.
      if (one === undefined || a === b || (taught.has(b) && b > a)) continue;
      if (one.spec.designs.some((id) => other.spec.designs.includes(id))) continue;
      if (!canBeOfOneSize(one.spec, other.spec, designs)) continue;
      const cosines = (stand[a] ?? []).flatMap((mine) => (stand[b] ?? []).map((theirs) => product(mine, theirs)));
      const margin = ALIKE_SLOPE * (Math.max(-1, ...cosines) - ALIKE_FROM);
      if (margin > LEAST_MARGIN) found.push({ classes: [b, a], margin: Math.round(margin * 1000) / 1000 });
    }
  return found;
}

/** Of each pair the larger margin. */
export function strictest(lists: readonly (readonly LookAlikes[])[]): LookAlikes[] {
  const byPair = new Map<string, LookAlikes>();
  for (const one of lists.flat()) {
    const pair = one.classes.toSorted((a, b) => a - b).join();
    if (one.margin > (byPair.get(pair)?.margin ?? 0)) byPair.set(pair, one);
  }
  return [...byPair.values()];
}

import type { Bundle } from '../bundle/load.js';
import { type Gallery, similarities, similarity } from '../gallery.js';
import type { CupOpinion, ItemOpinion, Judge, ScoredItem } from './judge.js';
import { classTable, opinionFrom, worstOf } from './resemblance.js';

/** By class: its vectors with the candidate's behind them; `null` where the candidate adds none. */
function withCandidate(gallery: Gallery, candidate: Gallery | null): (Float32Array | null)[] {
  return gallery.byClass.map((own, index) => {
    const more = candidate?.byClass[index] ?? new Float32Array(0);
    if (more.length === 0) return null;
    const both = new Float32Array(own.length + more.length);
    both.set(own);
    both.set(more, own.length);
    return both;
  });
}

/** By class: how alike an item is, and how much the class counts as a rival. */
export interface Resemblance {
  readonly cosines: Float64Array;
  readonly rivals: Float64Array;
}

/**
 * How alike an item is to each class: the mean of its nearest gallery cosines. The candidate's vectors make rivals nearer and nothing
 * else: they can lower a score, never raise one.
 */
export function metricResemblance({
  manifest,
  gallery,
  candidate,
}: Pick<Bundle, 'manifest' | 'gallery' | 'candidate'>): (item: ScoredItem) => Resemblance {
  const { neighbours } = manifest.judge;
  const contested = withCandidate(gallery, candidate);
  return ({ embedding }) => {
    const cosines = similarities(embedding, gallery, neighbours);
    // The mean of the nearest can fall by a vector more, where there was one alone: so the larger of both.
    const rivals = cosines.map((cosine, index) => {
      const vectors = contested[index] ?? null;
      return vectors === null ? cosine : Math.max(cosine, similarity(embedding, vectors, neighbours));
    });
    return { cosines, rivals };
  };
}

/**
 * Nearest known examples: an item's similarity to a class is the mean of its nearest gallery cosines. For vectors of
 * length 1 the Euclidean distance gives the same order: its square is 2 − 2 × cosine.
 */
export function metricItemOpinion({
  manifest,
}: Pick<Bundle, 'manifest'>): (item: ScoredItem, resemblance: Resemblance) => ItemOpinion {
  const { unknownSimilarity, lookAlikes = [] } = manifest.judge;
  const floors = manifest.classes.map((one) => one.unknownSimilarity ?? unknownSimilarity);
  const table = classTable(manifest, lookAlikes);
  return ({ sizeFits }, { cosines, rivals }) => opinionFrom(table, cosines, floors, sizeFits, rivals);
}

/** The same of a whole cup: its worst item decides. */
export function metricOpinion(
  bundle: Pick<Bundle, 'manifest' | 'gallery' | 'candidate'>,
): (items: readonly ScoredItem[]) => CupOpinion {
  const resemble = metricResemblance(bundle);
  const opinionOf = metricItemOpinion(bundle);
  return (items) =>
    worstOf(
      items.map((item) => opinionOf(item, resemble(item))),
      bundle.manifest.designs.length,
    );
}

export function metricJudge(bundle: Bundle): Judge {
  const opinion = metricOpinion(bundle);
  return { name: 'metric', judge: ({ items }) => Promise.resolve(opinion(items)) };
}

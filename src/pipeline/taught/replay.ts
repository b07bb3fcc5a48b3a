import type { Bundle } from '../bundle/load.js';
import { coverageOf } from '../bundle/thresholds.js';
import type { Gallery } from '../gallery.js';
import { metricOpinion } from '../judges/metric.js';
import { taughtOrigin } from './extend-bundle.js';

/** A known item: what is remembered of it, and what it is. */
export interface KnownItem {
  /** "example 3 of Morgan/obverse", "picture 12 of ash-florin/obverse". */
  readonly name: string;
  readonly vector: Float32Array;
  readonly designs: readonly string[];
  /** Where it lies in the gallery before and after: its class and its row there; `null` where it is not in it. */
  readonly before: Place | null;
  readonly after: Place | null;
}

export interface Place {
  readonly classIndex: number;
  readonly row: number;
}

/** What a gallery would do with a known item that it shouldn't. */
export interface Harm {
  /**
   * `impostor`: it would count as `design`, which it is not. `lost`: it was confirmed and would be no more.
   * `stranger`: it is taught for a design of the bundle and resembles none of its other examples, so that things like
   * it would count as a design whose threshold was calibrated without them.
   */
  readonly kind: 'impostor' | 'lost' | 'stranger';
  readonly item: string;
  readonly design: string;
}

export interface Tally {
  /** Items that are confirmed as what they are. */
  readonly right: number;
  /** Items that count as something else. */
  readonly impostors: number;
}

export interface Replay {
  readonly items: number;
  readonly before: Tally;
  readonly after: Tally;
  /** What is new; what a bundle gets wrong by itself is in the tallies alone. */
  readonly harms: readonly Harm[];
}

/** The gallery without one of its vectors: an item must not vouch for itself. */
function without(gallery: Gallery, { classIndex, row }: Place): Gallery {
  const { dim, byClass } = gallery;
  const own = byClass[classIndex] ?? new Float32Array(0);
  const rest = new Float32Array(Math.max(0, own.length - dim));
  rest.set(own.subarray(0, row * dim));
  rest.set(own.subarray((row + 1) * dim), row * dim);
  return { dim, byClass: byClass.map((vectors, index) => (index === classIndex ? rest : vectors)) };
}

const calibration = {
  maxGreenIfBad: null,
  acceptBound: 'pooled',
  acceptUnread: true,
  overrideNotCovered: true,
  measuringScore: null,
} as const;

/** By design: the score that confirms. A design that is not covered is taken as an operator's override would take it. */
function scoresWanted({ manifest }: Bundle): number[] {
  return manifest.designs.map((design) => {
    const coverage = coverageOf(manifest, design, calibration, 'metric');
    return coverage.kind === 'not_covered' ? Infinity : coverage.threshold.score;
  });
}

interface Look {
  /** The designs that the item would be confirmed as. */
  readonly confirmed: readonly string[];
  /** How well it resembles the other examples of its own design. */
  readonly similarity: number;
}

class Bench {
  readonly #bundle: Bundle;
  readonly #wanted: readonly number[];
  readonly #sized: boolean;

  constructor(bundle: Bundle, sized: boolean) {
    this.#bundle = { ...bundle, candidate: null };
    this.#wanted = scoresWanted(bundle);
    this.#sized = sized;
  }

  /** What is thought of an item, without its own vector. */
  look({ vector, designs: own }: KnownItem, place: Place | null): Look {
    const bundle = this.#bundle;
    const { designs } = bundle.manifest;
    const gallery = place === null ? bundle.gallery : without(bundle.gallery, place);
    const diameters = own.flatMap((id) => designs.find((design) => design.id === id)?.diameterMm ?? []);
    // An item of a design that this bundle does not know has a size that nothing says: then none speaks against it.
    const sizeFits = designs.map(({ diameterMm, toleranceMm }) =>
      !this.#sized || diameters.length === 0
        ? null
        : diameters.some((diameter) => Math.abs(diameter - diameterMm) <= toleranceMm),
    );
    const opinionOf = metricOpinion({ ...bundle, gallery });
    const item = {
      embedding: vector,
      classScores: new Float32Array(0),
      sideLogits: [0, 0] as const,
      features: null,
      sizeFits,
    };
    const opinion = opinionOf([item]).items[0];
    const confirmed = designs.flatMap(({ id }, index) => {
      const found = opinion?.score[index] ?? -1;
      return sizeFits[index] !== false && found > 0 && found >= (this.#wanted[index] ?? Infinity) ? [id] : [];
    });
    const similarity = Math.max(
      -1,
      ...designs.map(({ id }, at) => (own.includes(id) ? (opinion?.similarity[at] ?? -1) : -1)),
    );
    return { confirmed, similarity };
  }
}

/**
 * Judges every known item with one gallery and with another, each time without its own vector.
 * @param sized whether the station measures sizes
 */
export function replay(items: readonly KnownItem[], before: Bundle, after: Bundle, sized: boolean): Replay {
  const [old, next] = [new Bench(before, sized), new Bench(after, sized)];
  const harms: Harm[] = [];
  const calibrated = new Set(
    before.manifest.designs.flatMap(({ id, origin }) => (origin === taughtOrigin ? [] : [id])),
  );
  const floor = before.manifest.judge.unknownSimilarity;
  const tally = { before: { right: 0, impostors: 0 }, after: { right: 0, impostors: 0 } };
  for (const item of items) {
    const isOwn = (design: string) => item.designs.includes(design);
    const { confirmed: was } = old.look(item, item.before);
    const { confirmed: is, similarity } = next.look(item, item.after);
    if (was.some(isOwn)) tally.before.right++;
    if (is.some(isOwn)) tally.after.right++;
    const others = (confirmed: readonly string[]) => confirmed.filter((design) => !isOwn(design));
    if (others(was).length > 0) tally.before.impostors++;
    if (others(is).length > 0) tally.after.impostors++;
    // A picture that is taught now was no known item before, so whatever it passes as is new.
    const excused = item.before === null ? [] : was;
    for (const design of others(is))
      if (!excused.includes(design)) harms.push({ kind: 'impostor', item: item.name, design });
    if (item.before === null && item.designs.some((id) => calibrated.has(id)) && similarity < floor)
      harms.push({ kind: 'stranger', item: item.name, design: item.designs.join(', ') });
    if (item.before !== null && was.some(isOwn) && !is.some(isOwn))
      harms.push({ kind: 'lost', item: item.name, design: item.designs.join(', ') });
  }
  return { items: items.length, ...tally, harms };
}

import type { Bundle } from '../bundle/load.js';
import { taughtClassId } from './extend-bundle.js';
import type { KnownItem, Place } from './replay.js';
import { activeAdditions, type Addition, decodeVector, type TaughtGallery } from './taught-gallery.js';

/** Where each addition's vector lies in an extended bundle: behind the bundle's own, in the order of the additions. */
function placesIn(extended: Bundle, shipped: Bundle, additions: readonly Addition[]): Map<number, Place> {
  const rows = shipped.gallery.byClass.map((vectors) => vectors.length / shipped.gallery.dim);
  const places = new Map<number, Place>();
  for (const { id, design, side } of additions) {
    const classIndex = extended.manifest.classes.findIndex((one) => one.side === side && one.designs.includes(design));
    const row = rows[classIndex] ?? 0;
    rows[classIndex] = row + 1;
    places.set(id, { classIndex, row });
  }
  return places;
}

/**
 * All that is known of items: the bundle's examples, what serves, and what is to serve.
 * @param before the bundle with `serving` @param after the bundle with `next`
 */
export function knownItems(
  shipped: Bundle,
  { bundle: before, gallery: serving }: { readonly bundle: Bundle; readonly gallery: TaughtGallery | null },
  { bundle: after, gallery: next }: { readonly bundle: Bundle; readonly gallery: TaughtGallery },
): KnownItem[] {
  const { dim, byClass } = shipped.gallery;
  const examples = byClass.flatMap((vectors, classIndex) => {
    const spec = shipped.manifest.classes[classIndex];
    return Array.from({ length: vectors.length / dim }, (_, row): KnownItem => {
      const place = { classIndex, row };
      return {
        name: `example ${String(row + 1)} of ${spec?.id ?? ''}`,
        vector: vectors.subarray(row * dim, (row + 1) * dim),
        designs: spec?.designs ?? [],
        before: place,
        after: place,
      };
    });
  });
  const [served, wanted] = [serving === null ? [] : activeAdditions(serving), activeAdditions(next)];
  const [were, are] = [placesIn(before, shipped, served), placesIn(after, shipped, wanted)];
  const taught = wanted.map((addition): KnownItem => {
    const place = are.get(addition.id) ?? null;
    const spec = place === null ? undefined : after.manifest.classes[place.classIndex];
    return {
      name: `picture ${String(addition.id)} of ${taughtClassId(addition.design, addition.side)}`,
      vector: decodeVector(addition.vector, dim),
      designs: spec?.designs ?? [addition.design],
      before: were.get(addition.id) ?? null,
      after: place,
    };
  });
  return [...examples, ...taught];
}

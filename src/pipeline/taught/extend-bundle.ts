import { createHash } from 'node:crypto';
import { CupcheckError } from '../../errors.js';
import type { Bundle } from '../bundle/load.js';
import type { ClassSpec, DesignSpec, Manifest } from '../bundle/manifest.js';
import type { Gallery } from '../gallery.js';
import { type Exemplars, lookAlikesOf, strictest } from './alike.js';
import {
  type Addition,
  activeAdditions,
  decodeVector,
  serialiseGallery,
  type TaughtGallery,
} from './taught-gallery.js';

/** What a bundle was taught: what counts as evidence, and what is not proved yet and can only speak against a cup. */
export interface Taught {
  readonly serving: TaughtGallery | null;
  /** Everything that is taught, what serves included; `null` = nothing beyond what serves. */
  readonly candidate: TaughtGallery | null;
}

/** The origin of designs that no bundle knows. */
export const taughtOrigin = 'taught';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The class of one side of a design: the bundle's own where it has one, else one made for what is taught. */
export const taughtClassId = (design: string, side: Addition['side']) => `${design}/${side ?? 'any'}`;

function requireNetwork(bundle: Bundle, taught: TaughtGallery): void {
  const { networkSha256, dim } = bundle.manifest.gallery;
  if (taught.networkSha256 !== networkSha256 || taught.dim !== dim)
    throw new CupcheckError(
      'GALLERY_NETWORK',
      `the gallery was made by network ${taught.networkSha256}, the bundle ${bundle.manifest.name} has ${networkSha256}`,
    );
}

/** Designs and classes of the bundle with the taught ones behind them, and what was added to each class. */
class Extension {
  readonly designs: DesignSpec[];
  readonly classes: ClassSpec[];
  /** Indices of the classes that the bundle does not have. */
  readonly newClasses = new Set<number>();
  readonly #bundle: Bundle;

  constructor(bundle: Bundle, taught: readonly TaughtGallery[]) {
    this.#bundle = bundle;
    this.designs = [...bundle.manifest.designs];
    this.classes = [...bundle.manifest.classes];
    for (const { designs } of taught)
      for (const design of designs)
        if (!this.designs.some(({ id }) => id === design.id))
          this.designs.push({ ...design, family: null, threshold: null, origin: taughtOrigin });
    for (const gallery of taught) for (const addition of activeAdditions(gallery)) this.classOf(addition);
  }

  classOf({ design, side }: Addition): number {
    const known = this.classes.findIndex((one) => one.side === side && one.designs.includes(design));
    if (known >= 0) return known;
    if (!this.designs.some(({ id }) => id === design))
      throw new CupcheckError('GALLERY_INVALID', `gallery: nothing says what the design "${design}" is`);
    this.newClasses.add(this.classes.length);
    // It has the judge's own floor, which was measured on designs that no training saw.
    this.classes.push({ id: taughtClassId(design, side), side, designs: [design] });
    return this.classes.length - 1;
  }

  /** The bundle's vectors and those of `additions`, by class. */
  vectors(additions: readonly Addition[], withBundle: boolean): Gallery {
    const { dim, byClass } = this.#bundle.gallery;
    const added = this.classes.map((): Float32Array[] => []);
    for (const addition of additions) added[this.classOf(addition)]?.push(decodeVector(addition.vector, dim));
    return {
      dim,
      byClass: added.map((rows, index) => {
        const before = (withBundle ? byClass[index] : undefined) ?? new Float32Array(0);
        const all = new Float32Array(before.length + rows.length * dim);
        all.set(before);
        for (const [row, vector] of rows.entries()) all.set(vector, before.length + row * dim);
        return all;
      }),
    };
  }

  exemplars({ byClass }: Gallery): Exemplars[] {
    return this.classes.map((spec, index) => ({ spec, vectors: byClass[index] ?? new Float32Array(0) }));
  }
}

/**
 * The bundle with what it was taught. Taught designs have no threshold, so they are not covered. What is a candidate only
 * gets no vector that could confirm an item: it competes, and so can take a green but never give one.
 * @throws GALLERY_NETWORK, GALLERY_INVALID
 */
export function extendBundle(bundle: Bundle, { serving, candidate }: Taught): Bundle {
  const taught = [serving, candidate].filter((one) => one !== null);
  if (taught.length === 0) return bundle;
  for (const one of taught) requireNetwork(bundle, one);
  const served = serving === null ? [] : activeAdditions(serving);
  const servedIds = new Set(served.map(({ id }) => id));
  const waiting = candidate === null ? [] : activeAdditions(candidate).filter(({ id }) => !servedIds.has(id));
  const extension = new Extension(bundle, taught);
  const { designs, classes, newClasses } = extension;
  const gallery = extension.vectors(served, true);
  const together = extension.vectors([...served, ...waiting], true);
  const byId = new Map(designs.map((design) => [design.id, design]));
  const { dim } = gallery;
  const manifest: Manifest = {
    ...bundle.manifest,
    designs,
    classes,
    gallery: {
      ...bundle.manifest.gallery,
      vectors: [
        ...bundle.manifest.gallery.vectors,
        ...served.map((addition) => ({ class: extension.classOf(addition), coin: `taught-${String(addition.id)}` })),
      ],
    },
    judge: {
      ...bundle.manifest.judge,
      // More pictures may make a mean less alike; a candidate must not lower a margin.
      lookAlikes: strictest([
        bundle.manifest.judge.lookAlikes ?? [],
        lookAlikesOf(newClasses, extension.exemplars(gallery), byId, dim),
        lookAlikesOf(newClasses, extension.exemplars(together), byId, dim),
      ]),
    },
  };
  return {
    ...bundle,
    manifest,
    gallery,
    candidate: waiting.length === 0 ? null : extension.vectors(waiting, false),
    gallerySha256: sha256(
      [
        bundle.gallerySha256,
        ...[serving, candidate].map((one) => (one === null ? '-' : sha256(serialiseGallery(one)))),
      ].join('\n'),
    ),
  };
}

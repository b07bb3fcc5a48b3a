import type { Deed } from '../../pipeline/taught/taught-gallery.js';

/** A gallery that serves, and who let it serve. */
export interface ServedGallery extends Deed {
  /** SHA-256 of its file in `served/`. */
  readonly gallery: string;
}

/** What was taught and serves, by the SHA-256 of the network that made its vectors. */
export type Galleries = Readonly<Record<string, ServedGallery>>;

export function sameGalleries(a: Galleries, b: Galleries): boolean {
  const networks = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...networks].every((network) => a[network]?.gallery === b[network]?.gallery);
}

/** With another gallery for one network; `null` = with none. */
export function withGallery(galleries: Galleries, network: string, served: ServedGallery | null): Galleries {
  const others = Object.entries(galleries).filter(([key]) => key !== network);
  return Object.fromEntries(served === null ? others : [...others, [network, served]]);
}

/** Digests of what serves, by network. */
export const digestsOf = (galleries: Galleries): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(galleries).map(([network, { gallery }]) => [network, gallery]));

import type { ServedGallery } from '../../daemon/gallery/galleries.js';
import { readServed, readTaught } from '../../daemon/gallery/gallery-folder.js';
import { activeAdditions, type Addition } from '../../pipeline/taught/taught-gallery.js';
import type { Place } from './where.js';

export type AdditionState = 'serving' | 'candidate' | 'undone' | 'serving, undone';

/** One picture that was taught, as it is listed. */
export interface ListedAddition {
  readonly id: number;
  readonly design: string;
  readonly side: Addition['side'];
  readonly state: AdditionState;
  readonly who: string;
  readonly when: string;
  readonly image: string;
  readonly sha256: string;
  readonly undone: Addition['undone'];
}

export interface ListedDesign {
  readonly design: string;
  readonly side: Addition['side'];
  readonly serving: number;
  readonly candidate: number;
  readonly who: string;
  readonly when: string;
}

/** Errors: GALLERY_INVALID, BUNDLE_STATE. */
export async function listTaught(
  place: Place,
): Promise<{ readonly served: ServedGallery | null; readonly additions: readonly ListedAddition[] }> {
  const taught = await readTaught(place.folder);
  const pointer = await place.served();
  const serving = place.station ? await readServed(place.folder, pointer?.gallery ?? null) : taught;
  const served = new Set(serving === null ? [] : activeAdditions(serving).map(({ id }) => id));
  const stateOf = ({ id, undone }: Addition): AdditionState => {
    if (undone === null) return served.has(id) ? 'serving' : 'candidate';
    return served.has(id) ? 'serving, undone' : 'undone';
  };
  const additions = (taught?.additions ?? []).map((one) => ({
    id: one.id,
    design: one.design,
    side: one.side,
    state: stateOf(one),
    who: one.who,
    when: one.when,
    image: one.picture.name,
    sha256: one.picture.sha256,
    undone: one.undone,
  }));
  return { served: pointer, additions };
}

/** A line a design and side; who taught it last, and when. */
export function byDesign(additions: readonly ListedAddition[]): ListedDesign[] {
  const groups = new Map<string, ListedAddition[]>();
  for (const one of additions) {
    if (one.state === 'undone') continue;
    const key = `${one.design}\n${one.side ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => {
    const last = group.at(-1);
    if (last === undefined) return [];
    const serving = group.filter(({ state }) => state.startsWith('serving')).length;
    const { design, side, who, when } = last;
    return [{ design, side, serving, candidate: group.length - serving, who, when }];
  });
}

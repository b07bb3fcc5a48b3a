import { createHash } from 'node:crypto';
import type { TruthCup } from './truth.js';

/**
 * The designs that are known when a cup is judged with `--designs`: the one that is ordered (or that it holds), and others
 * in an order that the cup's name shuffles. The same in every run; of more designs those of fewer are a part.
 * @param designs ids of all that the bundle knows
 */
export function knownOfCup(
  { image, expect, design }: TruthCup,
  designs: readonly string[],
  count: number,
): Set<string> {
  const wanted = expect ?? design;
  const place = (id: string): string =>
    id === wanted ? '' : createHash('sha256').update(`${image}\n${id}`).digest('hex');
  const shuffled = designs.map((id) => ({ id, place: place(id) })).sort((a, b) => (a.place < b.place ? -1 : 1));
  return new Set(shuffled.slice(0, count).map(({ id }) => id));
}

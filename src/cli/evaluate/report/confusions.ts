import type { CupOutcome } from '../outcome.js';
import type { TruthCup } from '../truth.js';

/** A design (and side) that was taken for another. */
export interface Confusion {
  readonly is: string;
  readonly isSide: string | null;
  readonly takenFor: string;
  readonly takenSide: string | null;
  readonly items: number;
  /** Distinct coins among them. */
  readonly coins: number;
  /** One of them, as it was seen. */
  readonly seen: PictureBox;
}

/** A part of a picture of the folder. */
export interface PictureBox {
  readonly image: string;
  readonly box: readonly [number, number, number, number];
}

const keyOf = (...parts: readonly (string | null)[]) => JSON.stringify(parts);

/** The pairs that were confused most, by distinct coins. @param cups what one judge made of them */
export function confusions(cups: readonly CupOutcome[], most: number): Confusion[] {
  const pairs = new Map<
    string,
    { readonly first: Omit<Confusion, 'items' | 'coins'>; items: number; coins: Set<string> }
  >();
  for (const { image, items } of cups)
    for (const { truthDesign, trueSide, design, side, coin, box } of items) {
      if (truthDesign === null || design === null || truthDesign === design) continue;
      const key = keyOf(truthDesign, trueSide, design, side);
      const first = { is: truthDesign, isSide: trueSide, takenFor: design, takenSide: side, seen: { image, box } };
      const pair = pairs.get(key) ?? { first, items: 0, coins: new Set<string>() };
      pair.items++;
      pair.coins.add(coin ?? keyOf(image, ...box.map(String)));
      pairs.set(key, pair);
    }
  return [...pairs.values()]
    .map(({ first, items, coins }) => ({ ...first, items, coins: coins.size }))
    .sort((a, b) => b.coins - a.coins || b.items - a.items)
    .slice(0, most);
}

const wholeEnough = 0.95;

/** Examples of each side of each design in the folder's clean cups first, else in any. */
export function exampleFinder(cups: readonly TruthCup[]): (design: string, side: string | null) => PictureBox | null {
  const examples = new Map<string, PictureBox>();
  for (const { image, items } of [...cups].sort((a, b) => Number(b.greenAllowed) - Number(a.greenAllowed)))
    for (const { design, side, visible, box } of items) {
      if (design === null || visible < wholeEnough) continue;
      for (const key of [keyOf(design, side), keyOf(design, null)])
        if (!examples.has(key)) examples.set(key, { image, box });
    }
  return (design, side) => examples.get(keyOf(design, side)) ?? examples.get(keyOf(design, null)) ?? null;
}

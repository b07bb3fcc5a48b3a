/** A bad cup: what in it did not belong, and whether it turned green. */
export interface BadCup {
  readonly impostors: readonly string[];
  readonly green: boolean;
}

/**
 * Independent pieces of evidence among bad cups: cups no two of which share an impostor, those with the fewest first. Where each cup
 * holds one impostor, these are the distinct impostors. A cup full of wrong coins counts once: its coins were tried together.
 * A trial has failed where any cup of its coins turned green, counted or not; so each green fails one at least.
 * The same as `models/calibration/trials.py`.
 */
export function trialsOf(cups: readonly BadCup[]): { readonly trials: number; readonly failed: number } {
  const counted = countedCups(cups);
  const passed = new Set(cups.filter(({ green }) => green).flatMap(({ impostors }) => impostors));
  const failed = counted.filter(({ impostors }) => impostors.some((one) => passed.has(one))).length;
  return { trials: counted.length, failed };
}

/** The cups that count as trials, whatever became of them. */
export function countedCups<Cup extends Pick<BadCup, 'impostors'>>(cups: readonly Cup[]): Cup[] {
  const taken = new Set<string>();
  const counted: Cup[] = [];
  for (const cup of cups.toSorted((a, b) => a.impostors.length - b.impostors.length)) {
    if (cup.impostors.some((one) => taken.has(one))) continue;
    for (const one of cup.impostors) taken.add(one);
    counted.push(cup);
  }
  return counted;
}

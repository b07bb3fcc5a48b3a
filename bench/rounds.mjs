// Side by side in one run: every round runs each contestant once, so that whatever disturbs the machine disturbs all.

/** The value under which `share` (0 to 1) of the values lie; between neighbours it is linear. */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below] ?? Number.NaN;
  return low + ((sorted[below + 1] ?? low) - low) * (at - below);
}

/** Median and the span that holds the middle 80 %. */
export function spread(values) {
  return { median: quantile(values, 0.5), low: quantile(values, 0.1), high: quantile(values, 0.9), n: values.length };
}

/** Every second round goes the other way, so that nobody always runs in a neighbour's wake. */
const inOrder = (contestants, round) => (round % 2 === 0 ? contestants : contestants.toReversed());

/**
 * @param contestants `{ name, run }`; `run` does the work once or several times and returns the milliseconds of one
 * @returns per name the milliseconds of each round; index = round
 */
export async function interleave(contestants, { rounds, warmup = 2 }) {
  const ms = Object.fromEntries(contestants.map(({ name }) => [name, []]));
  for (let round = -warmup; round < rounds; round++)
    for (const { name, run } of inOrder(contestants, round + warmup)) {
      const took = await run();
      if (round >= 0) ms[name].push(took);
    }
  return ms;
}

/** How many times the work of `a` goes into that of `b`, round by round. */
export function ratio(ofA, ofB) {
  return spread(ofA.map((ms, round) => ofB[round] / ms));
}

/**
 * Milliseconds of the quickest of `repeats` calls: a call in which another process had the processor says nothing of
 * the call. Every contestant is timed so.
 */
export function timeSync(repeats, work) {
  let best = Infinity;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

export async function timeAsync(repeats, work) {
  let best = Infinity;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

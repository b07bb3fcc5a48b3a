/** P(at most `failures` of `trials` fail) where each fails with probability `p`. */
function atMost(failures: number, trials: number, p: number): number {
  let sum = 0;
  // ln of trials choose k
  let lnChoose = 0;
  for (let k = 0; k <= failures; k++) {
    if (k > 0) lnChoose += Math.log(trials - k + 1) - Math.log(k);
    sum += Math.exp(lnChoose + k * Math.log(p) + (trials - k) * Math.log1p(-p));
  }
  return sum;
}

/**
 * Upper bound of a probability of failure, one-sided, exact (Clopper and Pearson 1934): the largest p under which
 * as few failures as these still happen with probability 1 − `confidence`. 1 where nothing was tried.
 */
export function upperBound(failures: number, trials: number, confidence: number): number {
  if (trials === 0 || failures >= trials) return 1;
  let [low, high] = [failures / trials, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (atMost(failures, trials, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** The fewest trials that carry `bound` at `confidence` when none fails: about 3 / bound at 95 %. */
export const trialsNeeded = (bound: number, confidence: number): number =>
  Math.ceil(Math.log(1 - confidence) / Math.log1p(-bound) - 1e-9);

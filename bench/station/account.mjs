// Where the time between a cup's trigger and its light went.

/** Milliseconds that the intervals cover, each moment once. */
export function covered(intervals) {
  const sorted = intervals.toSorted(([a], [b]) => (a < b ? -1 : 1));
  let sum = 0n;
  let coveredTo = 0n;
  for (const [start, end] of sorted) {
    const from = start > coveredTo ? start : coveredTo;
    if (end <= from) continue;
    sum += end - from;
    coveredTo = end;
  }
  return Number(sum) / 1e6;
}

/**
 * @param result of a cup that was shown
 * @param spans what the probes wrote: `{ what: 'network.<its input>' | 'frame' | 'fsync', startNs, endNs }`
 * @returns milliseconds: `total` is settle + frame + networks + fsync + else, where a moment that two of them share
 *   counts for the first; the stages are the result's own, less what the networks took of them
 */
export function account(result, spans) {
  const from = BigInt(result.time.trigger_ns);
  const to = BigInt(result.shown.at_ns);
  const settled = from + BigInt(Math.round(result.ms.settle * 1e6));
  const within = (what) =>
    spans
      .filter((span) => span.what.startsWith(what) && span.endNs > from && span.startNs < to)
      .map(({ startNs, endNs }) => [startNs > from ? startNs : from, endNs < to ? endNs : to]);
  const taken = [[from, settled]];
  const parts = {};
  let before = covered(taken);
  for (const what of ['frame', 'network', 'fsync']) {
    taken.push(...within(what));
    const now = covered(taken);
    parts[what] = now - before;
    before = now;
  }
  const total = Number(to - from) / 1e6;
  const { decode, quality, detect, crop, infer, judge } = result.ms;
  const stages = {
    decode,
    quality,
    detect: detect - covered(within('network.image')),
    crop,
    infer: infer - covered(within('network.crops')),
    judge,
  };
  const judged = Object.values(stages).reduce((sum, ms) => sum + ms, 0);
  return {
    ms: {
      total,
      settle: result.ms.settle,
      frame: parts.frame,
      networks: parts.network,
      fsync: parts.fsync,
      else: total - before,
      ...stages,
      // Messages between the processes, the third frame's comparison, the journal without fsync, the light.
      around: total - before - judged,
    },
  };
}

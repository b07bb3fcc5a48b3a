/**
 * Durations in buckets whose bounds grow by the same factor: bucket `i` holds what is longer than 2^((i-1)/16) ms and at
 * most 2^(i/16) ms. A fixed number of buckets, whatever was measured; two histograms are added bucket by bucket.
 * Each sixteenth bound is a power of two, so Prometheus' coarser buckets are exact unions of ours.
 */
const bucketsPerDoubling = 16;
/** 2^-7 ms: below it everything is one bucket (times have two decimals). */
const shortest = -7 * bucketsPerDoubling;
/** 2^17 ms, 131 s: above it everything is one bucket. */
const longest = 17 * bucketsPerDoubling;

/** What a percentile can be off by, as a share of it: half of a bucket, because a bucket's middle is told. */
export const relativeError = 2 ** (1 / (2 * bucketsPerDoubling)) - 1;

/** Upper bounds in ms of the buckets that Prometheus gets: 2^-3 to 2^13 ms. */
export const coarseBoundsMs: readonly number[] = Array.from({ length: 17 }, (_, index) => 2 ** (index - 3));

/** A bucket and how many durations it holds. */
export type BucketCount = readonly [bucket: number, count: number];

export function bucketOf(ms: number): number {
  if (!(ms > 0)) return shortest;
  return Math.min(longest, Math.max(shortest, Math.ceil(Math.log2(ms) * bucketsPerDoubling)));
}

/** The longest duration that a bucket holds, in ms. */
export const upperMs = (bucket: number): number => 2 ** (bucket / bucketsPerDoubling);

/**
 * The duration that `share` of all do not exceed (nearest rank), within `relativeError`; 0 where there are none.
 * @param buckets in rising order
 * @param maxMs the longest, exact: no percentile is beyond it
 */
export function percentileMs(buckets: readonly BucketCount[], share: number, maxMs: number): number {
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  const rank = Math.max(1, Math.ceil(share * total));
  let below = 0;
  for (const [bucket, count] of buckets) {
    below += count;
    if (below >= rank) return Math.min(maxMs, upperMs(bucket - 0.5));
  }
  return 0;
}

/** How many durations are at most `boundMs`, which must be a bound of a bucket. */
export function countUpTo(buckets: readonly BucketCount[], boundMs: number): number {
  const last = bucketOf(boundMs);
  return buckets.reduce((sum, [bucket, count]) => (bucket <= last ? sum + count : sum), 0);
}

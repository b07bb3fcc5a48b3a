import type { Result } from '../../src/daemon/result.js';

const nsPerMs = 1e6;

/** The value below which `share` of them lie; `sorted` is ascending and not empty. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

/**
 * From trigger to light by stage, over all cups that were shown green, and how long after the settling time the frame of
 * each of them was exposed at least. @param settleMs the station's settling time
 */
export function stageLines(results: readonly Result[], settleMs: number): string[] {
  const greens = [...new Map(results.map((result) => [result.id, result])).values()].filter(
    ({ shown }) => shown.light === 'green',
  );
  const first = greens[0];
  if (first === undefined) return ['No cup was shown green.'];
  const waits = greens.map(({ time }) =>
    time.frame_ns === null ? Number.NaN : Number(BigInt(time.frame_ns) - BigInt(time.trigger_ns)) / nsPerMs - settleMs,
  );
  const row = (name: string, values: readonly number[]): string => {
    const sorted = values.toSorted((a, b) => a - b);
    return `${name.padEnd(8)} ${quantile(sorted, 0.5).toFixed(1).padStart(9)} ${quantile(sorted, 0.95).toFixed(1).padStart(9)}`;
  };
  const stages = Object.keys(first.ms) as (keyof Result['ms'])[];
  return [
    `Trigger to light in this machine, ms, ${greens.length} greens:`,
    `${'stage'.padEnd(8)} ${'p50'.padStart(9)} ${'p95'.padStart(9)}`,
    ...stages.map((stage) =>
      row(
        stage,
        greens.map(({ ms }) => ms[stage] ?? Number.NaN),
      ),
    ),
    `Of ${waits.length} greens ${waits.filter((ms) => ms > 0).length} have a frame exposed after trigger and settling, by at least ${Math.min(...waits).toFixed(1)} ms.`,
  ];
}

import type { Result } from '../../src/daemon/result.js';

/** A line of the table: what was done to the station, how often, and what came of it. */
export interface Row {
  readonly done: string;
  readonly times: number;
  readonly light: string;
  readonly journal: string;
}

declare module 'vitest' {
  interface TaskMeta {
    row?: Row;
  }
}

/** "3 green, 2 amber (1 count_mismatch, 1 mixed_designs)". */
export function inWords(results: readonly Result[]): string {
  const greens = results.filter(({ verdict }) => verdict === 'green').length;
  const reasons = new Map<string, number>();
  for (const { reasons: all } of results) {
    const first = all[0]?.reason;
    if (first !== undefined) reasons.set(first, (reasons.get(first) ?? 0) + 1);
  }
  const ambers = [...reasons].map(([reason, times]) => `${times} ${reason}`).join(', ');
  return `${greens} green, ${results.length - greens} amber${ambers === '' ? '' : ` (${ambers})`}`;
}

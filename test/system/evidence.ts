import type { Result } from '../../src/daemon/result.js';
import type { LampEdge } from './bench.js';

/** Between the moment that the light process reports and the edge that another process sees at the line. */
const seenWithinNs = 1_000_000_000n;

export interface Evidence {
  /** Rows of one boot, by seq. */
  readonly rows: readonly Result[];
  /** Edges of the same boot. */
  readonly edges: readonly LampEdge[];
  readonly settleMs: number;
  /** The power was cut: the last light may be one whose row still says `not_shown`. */
  readonly powerCut: boolean;
}

/** What is wrong between the lamps and the journal. Empty: every light has its row, and every green a fresh frame. */
export function contradictions({ rows, edges, settleMs, powerCut }: Evidence): string[] {
  const wrong: string[] = [];
  const greens = rows.filter(({ shown }) => shown.light === 'green');
  for (const { seq, time } of greens) {
    const { frame_ns: frame, trigger_ns: trigger } = time;
    const late = frame === null || BigInt(frame) <= BigInt(trigger) + BigInt(settleMs) * 1_000_000n;
    if (late) wrong.push(`cup ${seq} is green on a frame of ${frame ?? 'no'} ns; its trigger came at ${trigger} ns`);
  }
  const unmatched = new Set(greens);
  const lit = edges.filter(({ lamp, on }) => lamp === 'green' && on);
  for (const [at, edge] of lit.entries()) {
    const row = [...unmatched].find(({ shown }) => near(shown.at_ns, edge.atNs));
    if (row !== undefined) unmatched.delete(row);
    else if (powerCut && at === lit.length - 1 && rows.at(-1)?.shown.light === 'not_shown') continue;
    else wrong.push(`green came on at ${edge.atNs} ns and no row says so`);
  }
  for (const { seq, shown } of unmatched) {
    wrong.push(`cup ${seq} was shown green at ${shown.at_ns ?? 'no'} ns, and the lamp was not seen to come on`);
  }
  const state = { green: false, amber: false };
  for (const { lamp, on, atNs } of edges) {
    state[lamp] = on;
    if (state.green && state.amber) wrong.push(`green and amber were on together at ${atNs} ns`);
  }
  return wrong;
}

function near(shownNs: string | null, edgeNs: bigint): boolean {
  if (shownNs === null) return false;
  const apart = edgeNs - BigInt(shownNs);
  return apart > -seenWithinNs && apart < seenWithinNs;
}

/** Numbers that are missing from 1 on. */
export function gaps(rows: readonly Result[]): number[] {
  const seen = new Set(rows.map(({ seq }) => seq));
  const last = Math.max(0, ...seen);
  return Array.from({ length: last }, (_, at) => at + 1).filter((seq) => !seen.has(seq));
}

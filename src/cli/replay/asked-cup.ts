import type { ListedGolden } from '../../daemon/golden/golden-folder.js';
import type { Result } from '../../daemon/result.js';

/** A cup whose picture is judged once more, and where it comes from. */
export interface AskedCup {
  readonly from: 'journal' | 'golden';
  /** `null` = a golden picture whose record cannot be read. */
  readonly seq: number | null;
  readonly id: string;
  /** UTC ISO 8601; `null` as above. */
  readonly utc: string | null;
  /** What it was held against; `null` = nothing. */
  readonly order: { readonly design: string; readonly count: number | null } | null;
  /** What a person knows of a golden picture: `wrong` must never be green. */
  readonly truth: 'ok' | 'wrong' | null;
}

export const ofJournal = ({ seq, id, time: { utc }, order }: Result): AskedCup => ({
  from: 'journal',
  seq,
  id,
  utc,
  order: order === null ? null : { design: order.design, count: order.count },
  truth: null,
});

export function ofGolden(golden: ListedGolden): AskedCup {
  if (!golden.ok) return { from: 'golden', seq: null, id: golden.cup, utc: null, order: null, truth: null };
  const { seq, cup, at, expected, truth } = golden.record;
  const order = expected.design === null ? null : { design: expected.design, count: expected.count };
  return { from: 'golden', seq, id: cup, utc: at, order, truth };
}

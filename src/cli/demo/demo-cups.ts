import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import { type Reason, reasons } from '../../pipeline/judgement.js';

/** A cup of the demo, what is ordered for it, and what an honest station says of it. */
export interface DemoCup {
  /** Picture's file name. */
  readonly image: string;
  /** What lies in it, in words. */
  readonly kind: string;
  readonly order: { readonly design: string; readonly count: number };
  readonly expected: { readonly verdict: 'green' | 'amber'; readonly reason: Reason | null };
}

/**
 * Reads `demo.jsonl`, a line a cup: `{"image","kind","order":{"design","count"},"expected":{"verdict","reason"}}`.
 * Errors: PICTURE_UNREADABLE, TRUTH_INVALID.
 */
export async function readDemoCups(folder: string): Promise<readonly DemoCup[]> {
  const path = join(folder, 'demo.jsonl');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CupcheckError('PICTURE_UNREADABLE', `cannot read ${path}`, { cause });
  });
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => parseCup(line, `${path}:${index + 1}`));
}

function parseCup(line: string, where: string): DemoCup {
  const cup = JSON.parse(line) as DemoCup;
  const { verdict, reason } = cup.expected;
  const known = reason === null ? verdict === 'green' : reasons.includes(reason);
  if (typeof cup.image !== 'string' || !known) throw new CupcheckError('TRUTH_INVALID', `${where} is not a demo cup`);
  return cup;
}

import type { Logger } from 'pino';
import { asCupcheckError } from '../errors.js';
import type { Journal, Light } from './ports.js';
import type { Result, Shown } from './result.js';

/**
 * Closes the rows that an earlier life of core left open, with what the light process says it showed.
 * Where it remembers nothing (it died too, and its lines with it) they are closed as not shown.
 * Errors: STORAGE_FAULT.
 */
export async function closeOpenRows(journal: Journal, light: Light, log: Logger): Promise<readonly Result[]> {
  const recent = await light.recent().catch((error: unknown) => {
    log.warn({ err: asCupcheckError(error) }, 'the light process cannot tell what it showed');
    return [];
  });
  const known = new Map<string, Shown>();
  for (const { cup, state, atNs } of recent) {
    if (state !== 'green' && state !== 'amber') continue;
    known.set(cup, { light: state, atNs, lightMs: null, totalMs: null, because: null });
  }
  const closed = await journal.recover(known);
  if (closed.length > 0) {
    log.warn({ cups: closed.map(({ seq, shown }) => ({ seq, shown: shown.light })) }, 'closed rows of an earlier life');
  }
  return closed;
}

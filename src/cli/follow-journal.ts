import { setTimeout as wait } from 'node:timers/promises';
import type { JournalReader } from '../daemon/journal/reader.js';
import type { Result } from '../daemon/result.js';

/** How often it looks: the journal is another process's file, which tells nobody of its commits. */
const everyMs = 250;
const atOnce = 1000;

/** Hands on the results after `seq` as they come. Ends with the signal's reason. */
export async function followJournal(
  reader: JournalReader,
  seq: number,
  onResults: (results: readonly Result[]) => void,
  signal: AbortSignal,
): Promise<never> {
  for (let after = seq; ; ) {
    const results = reader.after(after, atOnce);
    if (results.length > 0) onResults(results);
    after = results.at(-1)?.seq ?? after;
    await wait(everyMs, undefined, { signal });
  }
}

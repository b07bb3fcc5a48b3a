import { JournalReader } from '../../daemon/journal/reader.js';
import type { Result } from '../../daemon/result.js';

/** The cups named by id or seq, in that order; or else the newest of which a picture was kept. */
export interface WantedCups {
  readonly cups: readonly string[];
  readonly last: number;
}

export interface JournalledCups {
  readonly results: readonly Result[];
  /** Cups between the oldest and the newest of them that have no picture, and were passed over. */
  readonly passed: number;
}

/** Reads them beside the station, which notices nothing. Errors: JOURNAL_MISSING, JOURNAL_NEWER, STORAGE_FAULT, CUP_UNKNOWN. */
export function journalledCups(path: string, { cups, last }: WantedCups): JournalledCups {
  const reader = JournalReader.open(path);
  try {
    if (cups.length > 0) return { results: cups.map((cup) => reader.cup(cup)), passed: 0 };
    const results = reader.query({ picture: true, limit: last });
    const oldest = results[0]?.seq;
    return { results, passed: oldest === undefined ? 0 : reader.countFrom(oldest) - results.length };
  } finally {
    reader.close();
  }
}

import type { JournalDatabase } from './schema.js';

interface Counted {
  readonly cups: number;
}

/** What became of the newest cups, in numbers. */
export interface JournalSummary {
  /** Cups that were counted, and the first and the last of them; `null` where there is none. */
  readonly cups: number;
  readonly first: { readonly seq: number; readonly utc: string } | null;
  readonly last: { readonly seq: number; readonly utc: string } | null;
  /** By verdict and by what the light showed. */
  readonly verdicts: readonly (Counted & { readonly verdict: string; readonly light: string })[];
  /** The most frequent first. A cup with two reasons counts at both. */
  readonly reasons: readonly (Counted & { readonly reason: string })[];
  /** By day, UTC, the newest last. */
  readonly days: readonly (Counted & { readonly day: string; readonly green: number })[];
  /** What people said of them who looked. */
  readonly resolutions: readonly (Counted & { readonly outcome: string; readonly verdict: string })[];
  /** Results of any age that the broker has not taken. */
  readonly waiting: number;
}

/** Counts the newest cups; one statement after the other, so the caller holds the transaction. */
export function summariseJournal(db: JournalDatabase, newest: number): JournalSummary {
  const cups = '(SELECT seq, utc, verdict, light, reasons FROM shown ORDER BY seq DESC LIMIT @newest)';
  const rows = <T>(sql: string): T[] => db.prepare<[{ newest: number }], T>(sql).all({ newest });
  const end = (order: 'ASC' | 'DESC') =>
    rows<{ seq: number; utc: string }>(`SELECT seq, utc FROM ${cups} ORDER BY seq ${order} LIMIT 1`)[0] ?? null;
  const verdicts = rows<JournalSummary['verdicts'][number]>(
    `SELECT verdict, light, count(*) AS cups FROM ${cups} GROUP BY verdict, light ORDER BY verdict, light`,
  );
  return {
    cups: verdicts.reduce((sum, { cups }) => sum + cups, 0),
    first: end('ASC'),
    last: end('DESC'),
    verdicts,
    reasons: rows(
      `SELECT r.value AS reason, count(DISTINCT c.seq) AS cups FROM ${cups} AS c, json_each(c.reasons) AS r
        GROUP BY r.value ORDER BY cups DESC, reason`,
    ),
    days: rows(
      `SELECT substr(utc, 1, 10) AS day, count(*) AS cups, sum(verdict = 'green') AS green FROM ${cups}
        GROUP BY day ORDER BY day`,
    ),
    resolutions: rows(
      `SELECT r.outcome, c.verdict, count(*) AS cups FROM resolutions AS r JOIN ${cups} AS c ON c.seq = r.seq
        GROUP BY r.outcome, c.verdict ORDER BY r.outcome, c.verdict`,
    ),
    waiting: db.prepare('SELECT count(*) FROM outbox WHERE delivered_utc IS NULL').pluck().get() as number,
  };
}

import type { Statement } from 'better-sqlite3';
import { countOfDelivery, countOfFinding, countsOfResult } from '../statistics/count-rows.js';
import { type Count, CountTable } from '../statistics/counts.js';
import type { Result } from '../result.js';
import type { JournalDatabase } from './schema.js';

/** Version 2 of the journal: counts that outlive the rows which they were counted from. */
export const statisticsSql = `
CREATE TABLE statistics (
  name TEXT NOT NULL,
  label TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (name, label, bucket)
) STRICT, WITHOUT ROWID;
`;

const effects = {
  add: 'value + excluded.value',
  max: 'max(value, excluded.value)',
  set: 'excluded.value',
} as const satisfies Record<Count['by'], string>;

/** The table of counts, for the one who writes the journal. */
export class StatisticsTable {
  readonly #db: JournalDatabase;
  readonly #steps: Readonly<Record<Count['by'], Statement<[string, string, number, number]>>>;

  constructor(db: JournalDatabase) {
    this.#db = db;
    const step = (by: Count['by']): Statement<[string, string, number, number]> =>
      db.prepare(`INSERT INTO statistics VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = ${effects[by]}`);
    this.#steps = { add: step('add'), max: step('max'), set: step('set') };
  }

  /** Call it in the transaction of the row that is counted: a count and its row are both there, or neither. */
  add(counts: readonly Count[]): void {
    for (const { name, label, bucket, value, by } of counts) this.#steps[by].run(name, label, bucket, value);
  }

  all(): readonly Count[] {
    return this.#db.prepare<[], Count>(`SELECT name, label, bucket, value, 'set' AS by FROM statistics`).all();
  }
}

/** Counts every row that is there: for a journal from before there were counts, and for tests. */
export function countRows(db: JournalDatabase): CountTable {
  const table = new CountTable();
  const documents = db.prepare<[], { document: string }>('SELECT document FROM shown');
  for (const { document } of documents.iterate()) table.apply(countsOfResult(JSON.parse(document) as Result));
  const findings = db.prepare<[], { verdict: 'green' | 'amber'; outcome: 'ok' | 'wrong' }>(
    `SELECT coalesce(s.verdict, 'amber') AS verdict, r.outcome FROM resolutions r LEFT JOIN shown s ON s.seq = r.seq`,
  );
  for (const { verdict, outcome } of findings.iterate()) table.apply([countOfFinding(verdict, outcome)]);
  const delivered = db.prepare('SELECT count(*) FROM outbox WHERE delivered_utc IS NOT NULL').pluck().get() as number;
  if (delivered > 0) table.apply([{ ...countOfDelivery, value: delivered }]);
  return table;
}

/** Fills the new table from the rows, and notes since when everything is counted. */
export function fillStatistics(db: JournalDatabase): void {
  new StatisticsTable(db).add(countRows(db).all());
  db.prepare(
    `INSERT INTO meta VALUES ('counted_since', coalesce((SELECT min(utc) FROM shown), ?)) ON CONFLICT DO NOTHING`,
  ).run(new Date().toISOString());
}

import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { CupcheckError } from '../../errors.js';
import { fillStatistics, statisticsSql } from './statistics-table.js';

export type JournalDatabase = Database.Database;

/** One step forward; `sql` takes a journal of version `to - 1` to version `to`. */
export interface Migration {
  readonly to: number;
  readonly sql: string;
  /** What SQL alone cannot do; in the same transaction. */
  readonly fill?: (db: JournalDatabase) => void;
}

/**
 * `judged` and `shown` are append-only: triggers refuse an update, and refuse to delete a row
 * that is not counted in `pruned_through`, so that a hole in `seq` is always either explained or proof of damage.
 * `outbox.position` orders publishing: it is allocated with the `shown` row.
 * `pruned_orders` keeps how many cups of an order were used up in pruned rows, the last of them at seq `through`.
 */
const version1 = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('pruned_through', 0);

CREATE TABLE judged (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  cup TEXT NOT NULL UNIQUE,
  utc TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('green', 'amber')),
  draft TEXT NOT NULL
) STRICT;

CREATE TABLE shown (
  seq INTEGER PRIMARY KEY REFERENCES judged (seq),
  utc TEXT NOT NULL,
  light TEXT NOT NULL CHECK (light IN ('green', 'amber', 'fault', 'not_shown')),
  at_ns TEXT,
  verdict TEXT NOT NULL CHECK (verdict IN ('green', 'amber')),
  design TEXT,
  order_id TEXT,
  reasons TEXT NOT NULL,
  document TEXT NOT NULL
) STRICT;
CREATE INDEX shown_by_utc ON shown (utc);
CREATE INDEX shown_by_order ON shown (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE outbox (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  seq INTEGER NOT NULL UNIQUE REFERENCES shown (seq),
  delivered_utc TEXT
) STRICT;
CREATE INDEX outbox_waiting ON outbox (position) WHERE delivered_utc IS NULL;

CREATE TABLE resolutions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  seq INTEGER NOT NULL REFERENCES judged (seq),
  utc TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('ok', 'wrong')),
  by TEXT NOT NULL,
  note TEXT
) STRICT;
CREATE INDEX resolutions_by_seq ON resolutions (seq);

CREATE TABLE pruned_orders (order_id TEXT PRIMARY KEY, used INTEGER NOT NULL, through INTEGER NOT NULL) STRICT;

CREATE TRIGGER judged_fixed BEFORE UPDATE ON judged BEGIN SELECT RAISE(ABORT, 'judged is append-only'); END;
CREATE TRIGGER shown_fixed BEFORE UPDATE ON shown BEGIN SELECT RAISE(ABORT, 'shown is append-only'); END;
CREATE TRIGGER resolutions_fixed BEFORE UPDATE ON resolutions BEGIN SELECT RAISE(ABORT, 'resolutions is append-only'); END;
CREATE TRIGGER judged_kept BEFORE DELETE ON judged
  WHEN OLD.seq > (SELECT value FROM meta WHERE key = 'pruned_through')
  BEGIN SELECT RAISE(ABORT, 'judged is append-only'); END;
CREATE TRIGGER shown_kept BEFORE DELETE ON shown
  WHEN OLD.seq > (SELECT value FROM meta WHERE key = 'pruned_through')
  BEGIN SELECT RAISE(ABORT, 'shown is append-only'); END;
CREATE TRIGGER resolutions_kept BEFORE DELETE ON resolutions
  WHEN OLD.seq > (SELECT value FROM meta WHERE key = 'pruned_through')
  BEGIN SELECT RAISE(ABORT, 'resolutions is append-only'); END;
`;

export const migrations: readonly Migration[] = [
  { to: 1, sql: version1 },
  { to: 2, sql: statisticsSql, fill: fillStatistics },
];

export function latestVersion(steps: readonly Migration[] = migrations): number {
  return steps.at(-1)?.to ?? 0;
}

/** Errors: JOURNAL_NEWER. Used by the writer and by every reader. */
export function requireKnownVersion(db: JournalDatabase, path: string, latest: number): number {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > latest) {
    throw new CupcheckError(
      'JOURNAL_NEWER',
      `${path} has version ${version}; this version of cupcheck writes ${latest}`,
    );
  }
  return version;
}

function migrate(db: JournalDatabase, path: string, steps: readonly Migration[]): void {
  const from = requireKnownVersion(db, path, latestVersion(steps));
  const due = steps.filter((step) => step.to > from);
  if (due.length === 0) return;
  if (from > 0) {
    const backup = `${path}.v${from}.bak`;
    // A backup that is there already is older and was made for the same step: an interrupted migration left the file as it was.
    if (!existsSync(backup)) db.prepare('VACUUM INTO ?').run(backup);
  }
  db.transaction(() => {
    for (const step of due) {
      db.exec(step.sql);
      step.fill?.(db);
      db.pragma(`user_version = ${step.to}`);
    }
    db.prepare(`INSERT INTO meta VALUES ('journal_id', ?) ON CONFLICT DO NOTHING`).run(randomUUID());
  }).immediate();
}

/**
 * Opens the journal for writing, creates it, or brings an older one forward after a backup copy beside it.
 * Checkpoints never run by themselves: `JournalStore.checkpoint` runs them when the light does not wait.
 * Errors: JOURNAL_NEWER; SQLite's own.
 */
export function openForWriting(path: string, steps: readonly Migration[] = migrations): JournalDatabase {
  mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  const db = new Database(path, { timeout: 2000 });
  try {
    requireKnownVersion(db, path, latestVersion(steps));
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('wal_autocheckpoint = 0');
    db.pragma('journal_size_limit = 4194304');
    // Rows are appended and read once: 2 MB of pages serve as well as the 16 that this build would fill cup by cup.
    db.pragma('cache_size = -2000');
    migrate(db, path, steps);
    // The page and the command line read it as members of the group.
    chmodSync(path, 0o640);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

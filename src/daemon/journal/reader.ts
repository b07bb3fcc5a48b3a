import { accessSync, constants } from 'node:fs';
import Database from 'better-sqlite3';
import { CupcheckError } from '../../errors.js';
import type { Reason } from '../../pipeline/judgement.js';
import type { Result } from '../result.js';
import { type JournalDatabase, latestVersion, requireKnownVersion } from './schema.js';
import { journalError } from './sqlite-errors.js';
import { type JournalSummary, summariseJournal } from './journal-summary.js';
import { type JournalReport, verifyJournal } from './verify.js';

const pageRows = 500;

/** What `query` gives; absent = any. */
export interface JournalQuery {
  /** Shown at this moment or later. */
  readonly since?: Date;
  /** Shown before this moment. */
  readonly until?: Date;
  readonly design?: string;
  readonly reason?: Reason;
  readonly verdict?: 'green' | 'amber';
  /** Only cups of which a picture was kept; it may be gone since. */
  readonly picture?: true;
  /** The newest so many. */
  readonly limit: number;
}

/** A finding of the person who looked. */
export interface Resolution {
  readonly seq: number;
  readonly cup: string;
  readonly utc: string;
  readonly outcome: 'ok' | 'wrong';
  readonly by: string;
  readonly note: string | null;
}

function requireReadable(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new CupcheckError('JOURNAL_MISSING', `there is no journal at ${path}`);
    throw new CupcheckError('STORAGE_FAULT', `cannot read the journal: ${message}`, { cause });
  }
}

/** Reads the journal while another process writes it: for the command line and the page. Never blocks the writer. */
export class JournalReader {
  readonly #db: JournalDatabase;
  readonly #path: string;

  private constructor(db: JournalDatabase, path: string) {
    this.#db = db;
    this.#path = path;
  }

  /** Errors: JOURNAL_MISSING, JOURNAL_NEWER, STORAGE_FAULT (unreadable). */
  static open(path: string): JournalReader {
    requireReadable(path);
    try {
      const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 2000 });
      const version = requireKnownVersion(db, path, latestVersion());
      if (version < latestVersion()) {
        db.close();
        throw new CupcheckError(
          'STORAGE_FAULT',
          `${path} has version ${version}; the station brings it to ${latestVersion()} when it starts`,
        );
      }
      return new JournalReader(db, path);
    } catch (error) {
      throw journalError(error, `open the journal ${path}`);
    }
  }

  /** The newest `limit` results, oldest first. */
  tail(limit: number): readonly Result[] {
    return this.query({ limit });
  }

  /** The newest results that fit, oldest first. */
  query(query: JournalQuery): readonly Result[] {
    return [...this.pages(query)].flat();
  }

  /** The same in parts, so that a million results need not be held at once. What is pruned meanwhile is left out. */
  *pages(query: JournalQuery): Generator<readonly Result[], void> {
    const seqs = this.#fitting(query);
    for (let from = 0; from < seqs.length; from += pageRows) {
      const wanted = seqs.slice(from, from + pageRows);
      const places = wanted.map(() => '?').join(', ');
      yield this.#documents(`SELECT document FROM shown WHERE seq IN (${places}) ORDER BY seq DESC`, wanted);
    }
  }

  /** Their seqs, oldest first. */
  #fitting(query: JournalQuery): readonly number[] {
    const wanted: string[] = [];
    const values: (string | number)[] = [];
    const want = (clause: string, value: string | undefined): void => {
      if (value === undefined) return;
      wanted.push(clause);
      values.push(value);
    };
    want('utc >= ?', query.since?.toISOString());
    want('utc < ?', query.until?.toISOString());
    want('design = ?', query.design);
    want('verdict = ?', query.verdict);
    want('EXISTS (SELECT 1 FROM json_each(reasons) WHERE json_each.value = ?)', query.reason);
    if (query.picture === true) wanted.push("json_extract(document, '$.image.path') IS NOT NULL");
    const where = wanted.length === 0 ? '' : `WHERE ${wanted.join(' AND ')}`;
    const sql = `SELECT seq FROM shown ${where} ORDER BY seq DESC LIMIT ?`;
    const seqs = this.#read(
      () =>
        this.#db
          .prepare(sql)
          .pluck()
          .all(...values, query.limit) as number[],
    );
    return seqs.toReversed();
  }

  /** The result of one cup, by its id or seq. Errors: CUP_UNKNOWN. */
  cup(cup: string): Result {
    const [result] = this.#documents(
      `SELECT s.document FROM shown s JOIN judged j ON j.seq = s.seq WHERE j.cup = ? OR CAST(j.seq AS TEXT) = ?`,
      [cup, cup],
    );
    if (result !== undefined) return result;
    throw new CupcheckError('CUP_UNKNOWN', `no cup that was shown has the id or seq "${cup}"`);
  }

  /** How many cups were shown from this one on. */
  countFrom(seq: number): number {
    return this.#read(() => this.#db.prepare('SELECT count(*) FROM shown WHERE seq >= ?').pluck().get(seq) as number);
  }

  /** Results after `seq`, oldest first: how a follower goes on. */
  after(seq: number, limit: number): readonly Result[] {
    return this.#documents(
      'SELECT document FROM (SELECT seq, document FROM shown WHERE seq > ? ORDER BY seq LIMIT ?) ORDER BY seq DESC',
      [seq, limit],
    );
  }

  /** The findings about one cup, by its id or seq, oldest first. */
  resolutions(cup: string): readonly Resolution[] {
    return this.#read(() =>
      this.#db
        .prepare<[string, string], Resolution>(
          `SELECT r.seq, j.cup, r.utc, r.outcome, r.by, r.note FROM resolutions r JOIN judged j ON j.seq = r.seq
            WHERE j.cup = ? OR CAST(j.seq AS TEXT) = ? ORDER BY r.id`,
        )
        .all(cup, cup),
    );
  }

  /** Whether every row is there and says what it must. One consistent snapshot, also while the station writes. */
  verify(): JournalReport {
    return this.#read(() => this.#db.transaction(() => verifyJournal(this.#db)).deferred());
  }

  /** What became of the newest cups, in numbers. */
  summary(newest: number): JournalSummary {
    return this.#read(() => this.#db.transaction(() => summariseJournal(this.#db, newest)).deferred());
  }

  close(): void {
    this.#db.close();
  }

  /** `sql` selects documents, newest first. */
  #documents(sql: string, values: readonly (string | number)[]): readonly Result[] {
    const documents = this.#read(
      () =>
        this.#db
          .prepare(sql)
          .pluck()
          .all(...values) as string[],
    );
    return documents.toReversed().map((document) => JSON.parse(document) as Result);
  }

  #read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw journalError(error, `read the journal ${this.#path}`);
    }
  }
}

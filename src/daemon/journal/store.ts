import { CupcheckError } from '../../errors.js';
import type { OutboxRow, OutboxStatus } from '../ports.js';
import type { ResultDraft, Shown } from '../result.js';
import { countOfDelivery, countOfFinding, countsOfResult } from '../statistics/count-rows.js';
import type { Count } from '../statistics/counts.js';
import { finishResult } from './finish-result.js';
import type { JournalHandlers, JournalLimits, OpenJournal } from './protocol.js';
import { Pruner, usesUp } from './pruner.js';
import { type JournalDatabase, latestVersion, requireKnownVersion } from './schema.js';
import { StatisticsTable } from './statistics-table.js';

interface JudgedRow {
  readonly seq: number;
  readonly cup: string;
  readonly draft: string;
}

/** Commits after which the log is moved into the database unasked; about 15 MB. */
const maxCommitsInLog = 500;

const outboxColumns = `o.position, s.seq, s.document, s.utc
  FROM outbox o JOIN shown s ON s.seq = o.seq`;

/** The journal's tables, written synchronously by the worker thread alone. Each method is one transaction. */
export class JournalStore implements JournalHandlers {
  readonly journalId: string;
  readonly #db: JournalDatabase;
  readonly #utc: () => string;
  readonly #pruner: Pruner;
  readonly #statistics: StatisticsTable;
  #commitsInLog = 0;

  constructor(db: JournalDatabase, limits: JournalLimits, utc: () => string = () => new Date().toISOString()) {
    this.#db = db;
    this.#utc = utc;
    this.#pruner = new Pruner(db, limits, utc);
    requireKnownVersion(db, db.name, latestVersion());
    this.#statistics = new StatisticsTable(db);
    this.journalId = this.#meta('journal_id');
  }

  opened(): OpenJournal {
    const { journalId } = this;
    return { journalId, countedSince: this.#meta('counted_since'), counts: this.#statistics.all() };
  }

  judged = ({ draft }: { readonly draft: ResultDraft }): { seq: number } => {
    this.#pruner.requireRoom();
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO judged (cup, utc, verdict, draft) VALUES (?, ?, ?, ?)')
      .run(draft.id, this.#utc(), draft.verdict, JSON.stringify(draft));
    return { seq: Number(lastInsertRowid) };
  };

  shown = (args: { readonly seq: number; readonly shown: Shown; readonly journalMs: number | null }) => {
    const close = this.#db.transaction(() => {
      const done = this.#document(args.seq);
      if (done !== undefined) return { document: this.#sameLight(args.seq, done, args.shown), counted: [] };
      const row = this.#db
        .prepare<[number], JudgedRow>('SELECT seq, cup, draft FROM judged WHERE seq = ?')
        .get(args.seq);
      if (row === undefined) throw new CupcheckError('CUP_UNKNOWN', `no cup was judged under seq ${args.seq}`);
      return this.#close(row, args.shown, args.journalMs);
    });
    const closed = close.immediate();
    this.#boundLog();
    return closed;
  };

  recover = (args: { readonly known: ReadonlyMap<string, Shown>; readonly except: readonly number[] }) => {
    const closeAll = this.#db.transaction(() => {
      const open = this.#db
        .prepare<[], JudgedRow>(
          `SELECT seq, cup, draft FROM judged j WHERE NOT EXISTS (SELECT 1 FROM shown s WHERE s.seq = j.seq) ORDER BY seq`,
        )
        .all();
      const nobodySaw: Shown = { light: 'not_shown', atNs: null, lightMs: null, totalMs: null, because: null };
      return open
        .filter((row) => !args.except.includes(row.seq))
        .map((row) => this.#close(row, args.known.get(row.cup) ?? nobodySaw, null));
    });
    const closed = closeAll.immediate();
    return { documents: closed.map(({ document }) => document), counted: closed.flatMap(({ counted }) => counted) };
  };

  nextUnsent = (): OutboxRow | null =>
    this.#db
      .prepare<[], OutboxRow>(`SELECT ${outboxColumns} WHERE o.delivered_utc IS NULL ORDER BY o.position LIMIT 1`)
      .get() ?? null;

  newest = (): OutboxRow | null =>
    this.#db.prepare<[], OutboxRow>(`SELECT ${outboxColumns} ORDER BY s.seq DESC LIMIT 1`).get() ?? null;

  delivered = ({ seq }: { readonly seq: number }) => {
    const mark = this.#db.transaction(() => {
      const row = this.#db
        .prepare<[number], { delivered_utc: string | null }>('SELECT delivered_utc FROM outbox WHERE seq = ?')
        .get(seq);
      if (row === undefined) throw new CupcheckError('CUP_UNKNOWN', `seq ${seq} is not in the outbox`);
      if (row.delivered_utc !== null) return [];
      this.#db.prepare('UPDATE outbox SET delivered_utc = ? WHERE seq = ?').run(this.#utc(), seq);
      return this.#count([countOfDelivery]);
    });
    const counted = mark.immediate();
    this.#boundLog();
    return { counted };
  };

  outbox = (): OutboxStatus => {
    const waiting = this.#db
      .prepare<[], { waiting: number; oldestUtc: string | null; newestPosition: number }>(
        `SELECT (SELECT count(*) FROM outbox WHERE delivered_utc IS NULL) AS waiting,
          (SELECT s.utc FROM outbox o JOIN shown s ON s.seq = o.seq WHERE o.delivered_utc IS NULL
            ORDER BY o.position LIMIT 1) AS oldestUtc,
          coalesce((SELECT max(position) FROM outbox), 0) AS newestPosition`,
      )
      .get();
    if (waiting === undefined) throw new CupcheckError('INTERNAL', 'a query without a table gave no row');
    const seqs = this.#db
      .prepare<[], { lastSeq: number; prunedThrough: number }>(
        `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'judged'), 0) AS lastSeq,
          (SELECT value FROM meta WHERE key = 'pruned_through') AS prunedThrough`,
      )
      .get();
    if (seqs === undefined) throw new CupcheckError('INTERNAL', 'a query without a table gave no row');
    return { ...waiting, ...seqs, bytes: this.#pruner.usedBytes(), maxBytes: this.#pruner.limits.maxBytes };
  };

  resolve = (args: {
    readonly cup: string;
    readonly outcome: 'ok' | 'wrong';
    readonly by: string;
    readonly note: string | null;
  }) => {
    const seq = /^[1-9][0-9]{0,15}$/.test(args.cup) ? Number(args.cup) : -1;
    const found = this.#db
      .prepare<[string, number], { seq: number; id: string; verdict: 'green' | 'amber' }>(
        `SELECT j.seq, j.cup AS id, coalesce(s.verdict, 'amber') AS verdict
          FROM judged j LEFT JOIN shown s ON s.seq = j.seq WHERE j.cup = ? OR j.seq = ?`,
      )
      .get(args.cup, seq);
    if (found === undefined)
      throw new CupcheckError('CUP_UNKNOWN', `no journalled cup has the id or seq "${args.cup}"`);
    const { seq: known, id, verdict } = found;
    const record = this.#db.transaction(() => {
      this.#db
        .prepare('INSERT INTO resolutions (seq, utc, outcome, by, note) VALUES (?, ?, ?, ?, ?)')
        .run(known, this.#utc(), args.outcome, args.by, args.note);
      return this.#count([countOfFinding(verdict, args.outcome)]);
    });
    return { seq: known, id, counted: record.immediate() };
  };

  keepCounts = ({ counts }: { readonly counts: readonly Count[] }) => {
    const keep = this.#db.transaction(() => this.#count(counts));
    const counted = keep.immediate();
    this.#boundLog();
    return { counted };
  };

  orderUse = ({ orderId }: { readonly orderId: string }) => {
    const kept = this.#db.prepare(`SELECT count(*) FROM shown s WHERE order_id = ? AND ${usesUp}`).pluck().get(orderId);
    const pruned = this.#db.prepare('SELECT used FROM pruned_orders WHERE order_id = ?').pluck().get(orderId);
    return { used: (kept as number) + ((pruned as number | undefined) ?? 0) };
  };

  /** Prunes, then moves the log into the database. Called when no light waits. Never waits for a reader. */
  checkpoint = () => {
    const pruned = this.#pruner.prune();
    this.#commitsInLog = 0;
    this.#db.pragma('wal_checkpoint(PASSIVE)');
    return { pruned };
  };

  close(): void {
    this.#db.close();
  }

  /** Should nobody find the time for a checkpoint (a long outbox, cup after cup), the log must not fill the disk. */
  #boundLog(): void {
    this.#commitsInLog += 1;
    if (this.#commitsInLog >= maxCommitsInLog) this.checkpoint();
  }

  #document(seq: number): string | undefined {
    return this.#db.prepare<[number]>('SELECT document FROM shown WHERE seq = ?').pluck().get(seq) as
      | string
      | undefined;
  }

  /** Saying twice what was shown is harmless (the answer was lost); saying something else is a defect. */
  #sameLight(seq: number, document: string, shown: Shown): string {
    const { light } = (JSON.parse(document) as { shown: { light: string } }).shown;
    if (light === shown.light) return document;
    throw new CupcheckError(
      'INTERNAL',
      `seq ${seq} was journalled as shown ${light}, and cannot become ${shown.light}`,
    );
  }

  #close(
    row: JudgedRow,
    shown: Shown,
    journalMs: number | null,
  ): { readonly document: string; readonly counted: readonly Count[] } {
    const draft = JSON.parse(row.draft) as ResultDraft;
    const result = finishResult(draft, { journalId: this.journalId, seq: row.seq }, shown, journalMs);
    const document = JSON.stringify(result);
    this.#db
      .prepare(
        `INSERT INTO shown (seq, utc, light, at_ns, verdict, design, order_id, reasons, document)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        row.seq,
        this.#utc(),
        result.shown.light,
        result.shown.at_ns,
        result.verdict,
        result.design,
        result.order?.id ?? null,
        JSON.stringify(result.reasons.map((given) => given.reason)),
        document,
      );
    this.#db.prepare('INSERT INTO outbox (seq) VALUES (?)').run(row.seq);
    return { document, counted: this.#count(countsOfResult(result)) };
  }

  #count(counts: readonly Count[]): readonly Count[] {
    this.#statistics.add(counts);
    return counts;
  }

  #meta(key: string): string {
    return this.#db.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key) as string;
  }
}

import { CupcheckError } from '../../errors.js';
import type { JournalLimits } from './protocol.js';
import type { JournalDatabase } from './schema.js';

/** Rows that one transaction removes at most, so that a cup never waits long behind it. */
const batchRows = 200;
/** Pruning for room begins at this share of the budget. */
const roomShare = 0.8;
const dayMs = 86_400_000;
/** Orders whose pruned use is kept; the oldest are long past their expiry. */
const ordersKept = 1000;

/** Whether the `shown` row `s` used up a cup of its order: shown green, or resolved `ok` by a person. */
export const usesUp = `(s.verdict = 'green' OR EXISTS
  (SELECT 1 FROM resolutions r WHERE r.seq = s.seq AND r.outcome = 'ok'))`;

/**
 * Keeps the journal within its budget. Only a prefix of delivered rows goes, oldest first; an undelivered row never does.
 * When what may not go fills the budget, no further cup is taken: an amber is better than a lost row.
 */
export class Pruner {
  readonly limits: JournalLimits;
  readonly #db: JournalDatabase;
  readonly #utc: () => string;

  constructor(db: JournalDatabase, limits: JournalLimits, utc: () => string) {
    this.#db = db;
    this.limits = limits;
    this.#utc = utc;
  }

  /** Bytes in use: freed pages are used again and do not count. */
  usedBytes(): number {
    const read = (name: string): number => this.#db.pragma(name, { simple: true }) as number;
    return (read('page_count') - read('freelist_count')) * read('page_size');
  }

  /** Errors: STORAGE_FAULT where the budget is used up. */
  requireRoom(): void {
    const used = this.usedBytes();
    if (used <= this.limits.maxBytes) return;
    throw new CupcheckError(
      'STORAGE_FAULT',
      `the journal holds ${used} bytes of at most ${this.limits.maxBytes}, and what waits for the broker cannot be pruned; ` +
        'let the broker take the outbox, or raise journal.maxBytes',
    );
  }

  /** Removes one batch at most. Returns the number of cups removed. */
  prune(): number {
    return this.#db.transaction(() => this.#pruneBatch()).immediate();
  }

  #pruneBatch(): number {
    const first = this.#number(`SELECT value FROM meta WHERE key = 'pruned_through'`);
    const last = Math.min(this.#lastRemovable(first), this.#lastUnwanted());
    if (last <= first) return 0;
    this.#db.prepare(`UPDATE meta SET value = ? WHERE key = 'pruned_through'`).run(last);
    this.#carryOrders(last);
    for (const table of ['resolutions', 'outbox', 'shown', 'judged']) {
      this.#db.prepare(`DELETE FROM ${table} WHERE seq <= ?`).run(last);
    }
    return last - first;
  }

  /** What pruned rows used up of an order stays counted: a forgotten cup would be a cup too many. */
  #carryOrders(last: number): void {
    this.#db
      .prepare(
        `INSERT INTO pruned_orders SELECT order_id, count(*), max(s.seq) FROM shown s
          WHERE s.seq <= ? AND order_id IS NOT NULL AND ${usesUp} GROUP BY order_id
        ON CONFLICT (order_id) DO UPDATE SET used = used + excluded.used, through = excluded.through`,
      )
      .run(last);
    this.#db
      .prepare(
        `DELETE FROM pruned_orders WHERE order_id NOT IN
          (SELECT order_id FROM pruned_orders ORDER BY through DESC LIMIT ${ordersKept})`,
      )
      .run();
  }

  /** The end of the batch in which every row was shown and, where somebody publishes, delivered. */
  #lastRemovable(first: number): number {
    const kept = this.limits.needsDelivery ? 'o.seq IS NULL OR o.delivered_utc IS NULL' : 'o.seq IS NULL';
    return this.#number(
      `SELECT coalesce(
        (SELECT j.seq - 1 FROM judged j LEFT JOIN outbox o ON o.seq = j.seq
          WHERE j.seq <= ? AND (${kept}) ORDER BY j.seq LIMIT 1),
        (SELECT max(seq) FROM judged WHERE seq <= ?), 0)`,
      first + batchRows,
      first + batchRows,
    );
  }

  /** The end of the prefix that is older, or further back, than we promise to keep; everything where room is short. */
  #lastUnwanted(): number {
    if (this.usedBytes() > this.limits.maxBytes * roomShare) return Number.MAX_SAFE_INTEGER;
    const horizon = new Date(Date.parse(this.#utc()) - this.limits.retentionDays * dayMs).toISOString();
    const tooOld = this.#number(
      // The clock may have been wrong for some rows, so the first row that is young enough ends the prefix.
      `SELECT coalesce((SELECT seq - 1 FROM judged WHERE utc >= ? ORDER BY seq LIMIT 1), (SELECT max(seq) FROM judged), 0)`,
      horizon,
    );
    const tooMany = this.#number('SELECT coalesce(max(seq), 0) FROM judged') - this.limits.retentionRows;
    return Math.max(tooOld, tooMany);
  }

  #number(sql: string, ...args: readonly (string | number)[]): number {
    return this.#db
      .prepare(sql)
      .pluck()
      .get(...args) as number;
  }
}

import type { Logger } from 'pino';
import { CupcheckError } from '../../errors.js';
import type { JudgedReceipt } from '../green.js';
import type { Journal, OutboxRow, OutboxStatus } from '../ports.js';
import type { Result, ResultDraft, Shown } from '../result.js';
import { type Count, CountTable } from '../statistics/counts.js';
import { type PictureCounts, type PictureLimits, PictureStore } from './pictures.js';
import type { JournalCall, JournalCalls, JournalLimits, OpenJournal } from './protocol.js';
import { receiptOf } from './receipt.js';
import { WorkerLink } from './worker-link.js';

/** A call gives up after this: the disk hangs. */
const defaultCallTimeoutMs = 10_000;
/** How often a `shown` row that the disk refused is tried again. */
const owedRetryMs = 2000;

export interface SqliteJournalOptions {
  readonly path: string;
  readonly limits: JournalLimits;
  readonly pictures: PictureLimits;
  readonly log: Logger;
  /** The compiled worker; tests that run from sources name the one in dist. */
  readonly workerEntry?: URL;
  readonly callTimeoutMs?: number;
  /** Called when the journal is lost, and with `null` when it is back. */
  readonly onFault?: (error: CupcheckError | null) => void;
}

/** A cup between its `judged` and its `shown` row. */
interface OpenCup {
  readonly draft: ResultDraft;
  readonly image: Uint8Array | null;
  readonly journalMs: number;
}

/** What is written of a row that was on disk only after `judged` had given up on it: nobody holds a receipt. */
const givenUp: Shown = {
  light: 'not_shown',
  atNs: null,
  lightMs: null,
  totalMs: null,
  because: { reason: 'storage_fault', detail: 'Its row was on disk only after the station had given up on it.' },
};

/** The journal in SQLite, in a thread of its own. See `schema.ts` for its tables. */
export class SqliteJournal implements Journal {
  readonly #options: SqliteJournalOptions;
  readonly #link: WorkerLink;
  readonly #pictures: PictureStore;
  readonly #open = new Map<number, OpenCup>();
  /** What was shown and could not be written: tried again until it is. */
  readonly #owed = new Map<number, { readonly shown: Shown; readonly journalMs: number | null }>();
  readonly #shownListeners = new Set<() => void>();
  readonly counts = new CountTable();
  #countedSince = '';
  #retry: NodeJS.Timeout | null = null;
  #closing = false;
  #journalId: string | null = null;
  #opened: { resolve(): void; reject(error: CupcheckError): void } | null = null;

  private constructor(options: SqliteJournalOptions) {
    this.#options = options;
    this.#pictures = new PictureStore(options.pictures, options.log);
    this.#link = new WorkerLink({
      settings: { path: options.path, limits: options.limits },
      entry: options.workerEntry ?? new URL('./worker.js', import.meta.url),
      log: options.log,
      onOpen: (opened) => this.#whenOpen(opened),
      onDown: (error) => this.#whenDown(error),
    });
  }

  /** Errors: JOURNAL_NEWER, STORAGE_FAULT; nothing goes on running then. */
  static async open(options: SqliteJournalOptions): Promise<SqliteJournal> {
    const journal = new SqliteJournal(options);
    const opened = new Promise<void>((resolve, reject) => {
      journal.#opened = { resolve, reject };
    });
    journal.#link.start();
    try {
      await opened;
    } catch (error) {
      await journal.#link.close();
      throw error;
    }
    return journal;
  }

  get journalId(): string {
    if (this.#journalId === null) throw new CupcheckError('INTERNAL', 'the journal was used before it was open');
    return this.#journalId;
  }

  get countedSince(): string {
    return this.#countedSince;
  }

  /** What became of pictures since the start. */
  get pictures(): PictureCounts {
    return this.#pictures.counts;
  }

  async judged(draft: ResultDraft, image: Uint8Array | null): Promise<JudgedReceipt> {
    const startedNs = process.hrtime.bigint();
    const committed = await this.#call('judged', { draft }, ({ seq }) => this.#closeLate(seq, draft.id));
    const journalMs = Number(process.hrtime.bigint() - startedNs) / 1e6;
    this.#open.set(committed.seq, { draft, image, journalMs });
    return receiptOf(committed.seq, draft.id, draft.verdict);
  }

  async shown(receipt: JudgedReceipt, shown: Shown): Promise<Result> {
    if (shown.light === 'green' && receipt.verdict !== 'green') {
      throw new CupcheckError('INTERNAL', `cup ${receipt.cup} was judged amber; its light cannot have been green`);
    }
    const cup = this.#open.get(receipt.seq);
    this.#open.delete(receipt.seq);
    const document = await this.#record(receipt.seq, shown, cup?.journalMs ?? null);
    const result = JSON.parse(document) as Result;
    if (cup?.image && result.image !== null) this.#pictures.save(result.image.path, cup.image);
    return result;
  }

  async recover(known: ReadonlyMap<string, Shown>): Promise<readonly Result[]> {
    const { documents } = await this.#call('recover', { known, except: this.#claimed() });
    if (documents.length > 0) this.#tellShown();
    return documents.map((document) => JSON.parse(document) as Result);
  }

  nextUnsent(): Promise<OutboxRow | null> {
    return this.#call('nextUnsent', null);
  }

  newest(): Promise<OutboxRow | null> {
    return this.#call('newest', null);
  }

  outbox(): Promise<OutboxStatus> {
    return this.#call('outbox', null);
  }

  async delivered(seq: number): Promise<void> {
    await this.#call('delivered', { seq });
  }

  async resolve(
    cup: string,
    outcome: 'ok' | 'wrong',
    by: string,
    note: string | null,
  ): Promise<{ seq: number; id: string }> {
    const { seq, id } = await this.#call('resolve', { cup, outcome, by, note });
    return { seq, id };
  }

  async keepCounts(counts: readonly Count[]): Promise<void> {
    await this.#call('keepCounts', { counts });
  }

  async orderUse(orderId: string): Promise<number> {
    return (await this.#call('orderUse', { orderId })).used;
  }

  async checkpoint(): Promise<void> {
    const { pruned } = await this.#call('checkpoint', null);
    if (pruned > 0) this.#options.log.info({ pruned }, 'pruned delivered rows of the journal');
  }

  onShown(listener: () => void): () => void {
    this.#shownListeners.add(listener);
    return () => this.#shownListeners.delete(listener);
  }

  /** Writes what is owed, waits for the pictures, and ends the thread. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    await this.#payOwed();
    await this.#pictures.settled();
    await this.#link.close();
  }

  /** The reply, or STORAGE_FAULT after the time-out; `tooLate` gets a reply that comes after it. */
  async #call<C extends JournalCall>(
    call: C,
    args: JournalCalls[C]['args'],
    tooLate: (reply: JournalCalls[C]['reply']) => void = () => undefined,
  ): Promise<JournalCalls[C]['reply']> {
    const timeoutMs = this.#options.callTimeoutMs ?? defaultCallTimeoutMs;
    let timer: NodeJS.Timeout | undefined;
    let over = false;
    const end = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        over = true;
        reject(new CupcheckError('STORAGE_FAULT', `journal ${call}: not on disk after ${timeoutMs} ms`));
      }, timeoutMs);
    });
    const reply = this.#link.call(call, args).then((value) => {
      // In the order of the journal's commits, those that came too late for their caller too.
      if (value !== null && 'counted' in value) this.counts.apply(value.counted);
      if (over) tooLate(value);
      return value;
    });
    try {
      return await Promise.race([reply, end]);
    } finally {
      clearTimeout(timer);
    }
  }

  #closeLate(seq: number, cup: string): void {
    this.#record(seq, givenUp, null).catch((error: unknown) => {
      this.#options.log.error({ err: error, cup, seq }, 'a late row could not be closed; it is tried again');
    });
  }

  async #record(seq: number, shown: Shown, journalMs: number | null): Promise<string> {
    // Owed until it is known to be on disk: a time-out or a dead thread may have lost it.
    this.#owed.set(seq, { shown, journalMs });
    try {
      const { document } = await this.#call('shown', { seq, shown, journalMs });
      this.#owed.delete(seq);
      this.#tellShown();
      return document;
    } catch (error) {
      if (!this.#closing) this.#retryLater();
      throw error;
    }
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      void this.#payOwed();
    }, owedRetryMs);
  }

  async #payOwed(): Promise<void> {
    for (const [seq, { shown, journalMs }] of this.#owed) {
      try {
        await this.#record(seq, shown, journalMs);
      } catch (error) {
        this.#options.log.error({ err: error, seq }, 'what a light showed is still not on disk');
        return;
      }
    }
  }

  #claimed(): readonly number[] {
    return [...this.#open.keys(), ...this.#owed.keys()];
  }

  #whenOpen({ journalId, countedSince, counts }: OpenJournal): void {
    const restarted = this.#journalId !== null;
    this.#journalId = journalId;
    this.#countedSince = countedSince;
    // What a dead thread committed without answering is in here.
    this.counts.reset(counts);
    this.#opened?.resolve();
    this.#opened = null;
    if (!restarted) return;
    this.#options.onFault?.(null);
    // Rows that the dead thread committed without answering: nobody holds a receipt, so nothing was shown for them.
    this.recover(new Map()).then(
      () => this.#payOwed(),
      (error: unknown) => this.#options.log.error({ err: error }, 'open rows could not be closed after the restart'),
    );
  }

  #whenDown(error: CupcheckError): void {
    if (this.#opened !== null) {
      this.#opened.reject(error);
      this.#opened = null;
      return;
    }
    this.#options.onFault?.(error);
  }

  #tellShown(): void {
    for (const listener of this.#shownListeners) listener();
  }
}

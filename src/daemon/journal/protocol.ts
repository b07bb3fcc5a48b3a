import type { ErrorCode } from '../../errors.js';
import type { OutboxRow, OutboxStatus } from '../ports.js';
import type { ResultDraft, Shown } from '../result.js';
import type { Count } from '../statistics/counts.js';

/** What the journal keeps, and for how long. See docs/decisions on the journal's disk budget. */
export interface JournalLimits {
  /** Bytes of the database in use beyond which no further cup is taken. */
  readonly maxBytes: number;
  /** Delivered rows older than this are pruned. */
  readonly retentionDays: number;
  /** Delivered rows beyond this number are pruned, oldest first. */
  readonly retentionRows: number;
  /** False where nothing publishes (MQTT off): rows need no delivery before they are pruned. */
  readonly needsDelivery: boolean;
}

/** What the worker is started with. */
export interface WorkerSettings {
  readonly path: string;
  readonly limits: JournalLimits;
}

/** What a call has added to the statistics, in its own transaction. */
export interface Counted {
  readonly counted: readonly Count[];
}

/** What the worker says when the journal is open, and at each restart of it. */
export interface OpenJournal {
  readonly journalId: string;
  /** Since then everything is counted, UTC ISO 8601. */
  readonly countedSince: string;
  readonly counts: readonly Count[];
}

/** Every call to the worker: its argument and its reply. `JournalStore` implements them one by one. */
export interface JournalCalls {
  judged: { args: { readonly draft: ResultDraft }; reply: { readonly seq: number } };
  shown: {
    args: { readonly seq: number; readonly shown: Shown; readonly journalMs: number | null };
    reply: Counted & { readonly document: string };
  };
  /** Closes every open row but `except`. */
  recover: {
    args: { readonly known: ReadonlyMap<string, Shown>; readonly except: readonly number[] };
    reply: Counted & { readonly documents: readonly string[] };
  };
  nextUnsent: { args: null; reply: OutboxRow | null };
  newest: { args: null; reply: OutboxRow | null };
  delivered: { args: { readonly seq: number }; reply: Counted };
  outbox: { args: null; reply: OutboxStatus };
  resolve: {
    args: {
      readonly cup: string;
      readonly outcome: 'ok' | 'wrong';
      readonly by: string;
      readonly note: string | null;
    };
    reply: Counted & { readonly seq: number; readonly id: string };
  };
  /** Counts that the station keeps, not the journal's own. */
  keepCounts: { args: { readonly counts: readonly Count[] }; reply: Counted };
  orderUse: { args: { readonly orderId: string }; reply: { readonly used: number } };
  checkpoint: { args: null; reply: { readonly pruned: number } };
}

export type JournalCall = keyof JournalCalls;

export type JournalHandlers = {
  readonly [C in JournalCall]: (args: JournalCalls[C]['args']) => JournalCalls[C]['reply'];
};

export type WorkerRequest =
  | { readonly id: number; readonly call: JournalCall; readonly args: unknown }
  | { readonly close: true };

export type WorkerMessage =
  | ({ readonly type: 'open' } & OpenJournal)
  | { readonly type: 'refused'; readonly error: WorkerError }
  | { readonly type: 'reply'; readonly id: number; readonly reply: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: WorkerError };

/** An error on its way between threads; `sqlite` is SQLite's extended result code. */
export interface WorkerError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly sqlite: string | null;
}

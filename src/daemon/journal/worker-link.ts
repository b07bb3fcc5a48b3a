import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { CupcheckError } from '../../errors.js';
import type {
  JournalCall,
  JournalCalls,
  OpenJournal,
  WorkerMessage,
  WorkerRequest,
  WorkerSettings,
} from './protocol.js';
import { unpackError } from './sqlite-errors.js';

const firstRestartMs = 100;
const longestRestartMs = 5000;

interface Pending {
  readonly call: JournalCall;
  resolve(reply: unknown): void;
  reject(error: CupcheckError): void;
}

export interface WorkerLinkOptions {
  readonly settings: WorkerSettings;
  /** The compiled worker. */
  readonly entry: URL;
  readonly log: Logger;
  /** Called each time that the journal is open: at the start, and after each restart. */
  onOpen(opened: OpenJournal): void;
  /** Called when the worker died or could not open the journal; it is started again by itself. */
  onDown(error: CupcheckError): void;
}

/** The main thread's end of the journal's thread: typed calls; when the thread dies, every pending call fails and it is started again. */
export class WorkerLink {
  readonly #options: WorkerLinkOptions;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #open = false;
  #nextId = 1;
  #restartMs = firstRestartMs;
  #restart: NodeJS.Timeout | null = null;
  #closing = false;

  constructor(options: WorkerLinkOptions) {
    this.#options = options;
  }

  /** Milliseconds until a dead worker is tried again double with each failure. */
  start(): void {
    this.#restart = null;
    const worker = new Worker(this.#options.entry, { workerData: this.#options.settings });
    this.#worker = worker;
    let refusal: CupcheckError | null = null;
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'open') {
        this.#open = true;
        this.#restartMs = firstRestartMs;
        this.#options.onOpen(message);
      } else if (message.type === 'refused') {
        refusal = unpackError(message.error);
      } else {
        this.#settle(message);
      }
    });
    worker.on('error', (error) => {
      refusal = new CupcheckError('STORAGE_FAULT', `the journal's thread died: ${error.message}`, { cause: error });
    });
    worker.on('exit', (code) => {
      this.#open = false;
      this.#worker = null;
      this.#down(refusal ?? new CupcheckError('STORAGE_FAULT', `the journal's thread ended with ${code}`));
    });
  }

  /** Errors: STORAGE_FAULT while the worker is down or when it dies; what the call itself throws. */
  call<C extends JournalCall>(call: C, args: JournalCalls[C]['args']): Promise<JournalCalls[C]['reply']> {
    const worker = this.#worker;
    if (worker === null || !this.#open) {
      return Promise.reject(new CupcheckError('STORAGE_FAULT', `journal ${call}: the journal is not open`));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { call, resolve, reject });
      worker.postMessage({ id, call, args } satisfies WorkerRequest);
    });
  }

  /** Lets the calls that were made finish, closes the database, and ends the thread. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', () => resolve());
    });
    worker.postMessage({ close: true } satisfies WorkerRequest);
    await ended;
  }

  #settle(message: Extract<WorkerMessage, { id: number }>): void {
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    this.#pending.delete(message.id);
    if (message.type === 'reply') pending.resolve(message.reply);
    else pending.reject(unpackError(message.error));
  }

  #down(error: CupcheckError): void {
    for (const pending of this.#pending.values()) {
      pending.reject(new CupcheckError('STORAGE_FAULT', `journal ${pending.call}: ${error.message}`, { cause: error }));
    }
    this.#pending.clear();
    if (this.#closing) return;
    this.#options.log.error({ err: error, retryMs: this.#restartMs }, 'the journal is down');
    this.#options.onDown(error);
    this.#restart = setTimeout(() => this.start(), this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, longestRestartMs);
  }
}

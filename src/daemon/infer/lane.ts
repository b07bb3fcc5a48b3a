import { CupcheckError } from '../../errors.js';
import { BorderError } from './border.js';
import type { Answer, Question } from './protocol.js';

/** Core judges one cup at a time, so more than this waiting is a defect of the caller. */
const mostWaiting = 8;

interface Entry {
  readonly question: Question;
  readonly id: number;
  /** Settles the caller's promise with the answer. Throws BorderError where the answer does not fit the question. */
  readonly take: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** True once the caller has gone. */
  abandoned: boolean;
}

export interface LaneOptions {
  /** From sending a question until its answer must be there. */
  readonly timeoutMs: number;
  readonly send: (question: Question & { readonly id: number }) => void;
  /** The child has not answered in time: the owner ends its life and then calls `breakOff`. */
  readonly onOverdue: (error: CupcheckError) => void;
}

/**
 * One question at a time to the judging process, first come first served, so neither judging nor comparing can starve the other.
 * An aborted question that waits is taken out; one that runs is abandoned: its caller is told at once, the child goes on until it
 * answers (dropped) or its time is over.
 */
export class Lane {
  readonly #options: LaneOptions;
  #running: Entry | null = null;
  #waiting: Entry[] = [];
  #timer: NodeJS.Timeout | null = null;
  #lastId = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  get idle(): boolean {
    return this.#running === null;
  }

  /** Errors: whatever `accept` throws, the child's error, the signal's reason, INFER_FAILED when too many wait, and what `breakOff` gives. */
  ask<T>(question: Question, accept: (answer: Answer) => T, signal: AbortSignal | null): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (this.#waiting.length >= mostWaiting) {
      const message = `${String(mostWaiting)} questions wait for the judging process already, so ${question.type} is refused`;
      return Promise.reject(new CupcheckError('INFER_FAILED', message));
    }
    return new Promise<T>((resolve, reject) => {
      const entry: Entry = {
        question,
        id: ++this.#lastId,
        take: (answer) => {
          if (answer.type === 'error') reject(new CupcheckError(answer.code, answer.message));
          else resolve(accept(answer));
          signal?.removeEventListener('abort', abandon);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', abandon);
          reject(error);
        },
        abandoned: false,
      };
      const abandon = (): void => {
        entry.abandoned = true;
        this.#waiting = this.#waiting.filter((waiting) => waiting !== entry);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', abandon, { once: true });
      this.#waiting.push(entry);
      this.#next();
    });
  }

  /**
   * Takes an answer of the child.
   * Errors: BorderError where it answers no question, another question, or another cup: such a child is not to be trusted.
   */
  answer(answer: Answer): void {
    const running = this.#running;
    if (running === null || answer.id !== running.id) {
      throw new BorderError('message.id', running === null ? 'an answer to a question' : String(running.id), answer.id);
    }
    if ('cup' in answer && 'cup' in running.question && answer.cup !== running.question.cup) {
      throw new BorderError('message.cup', running.question.cup, answer.cup);
    }
    // An answer that does not fit throws here and leaves the entry running, so that `breakOff` tells its caller.
    // The promise of an abandoned question is settled: nothing of this answer reaches anybody.
    running.take(answer);
    this.#clear();
    this.#next();
  }

  /** The child's life is over: the question that ran is rejected with `running`, those that wait with `waiting`. */
  breakOff(running: CupcheckError, waiting: CupcheckError): void {
    const [ended, others] = [this.#running, this.#waiting];
    this.#clear();
    this.#waiting = [];
    ended?.reject(running);
    for (const entry of others) entry.reject(waiting);
  }

  #clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#running = null;
  }

  #next(): void {
    if (this.#running !== null) return;
    const entry = this.#waiting.shift();
    if (entry === undefined) return;
    this.#running = entry;
    this.#timer = setTimeout(() => {
      this.#options.onOverdue(overdue(entry, this.#options.timeoutMs));
    }, this.#options.timeoutMs);
    this.#options.send({ ...entry.question, id: entry.id });
  }
}

function overdue({ question, abandoned }: Entry, timeoutMs: number): CupcheckError {
  const what = 'cup' in question ? `${question.type} cup ${question.cup}` : question.type;
  const more = abandoned ? ' (its caller had gone)' : '';
  return new CupcheckError('INFER_TIMEOUT', `no answer to ${what} within ${String(timeoutMs)} ms${more}`);
}

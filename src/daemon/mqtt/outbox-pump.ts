import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Journal, OutboxRow } from '../ports.js';
import type { Result } from '../result.js';
import { type BrokerLink, PublishRefused } from './broker-link.js';
import type { Topics } from './topics.js';

export interface OutboxPumpOptions {
  readonly journal: Pick<Journal, 'nextUnsent' | 'newest' | 'delivered' | 'outbox' | 'onShown'>;
  readonly topics: Topics;
  readonly log: Logger;
  /** Pause after a refusal or a failed disk; doubles up to the second. */
  readonly retryMs: { readonly first: number; readonly longest: number };
}

/** Tries after which a failure is an error in the log and no longer a warning. */
const loudAfter = 5;

/** The published text: the journal's document, word for word but for `replayed`. */
export function published(row: OutboxRow, replayed: boolean): string {
  return JSON.stringify({ ...(JSON.parse(row.document) as Result), replayed });
}

/**
 * Empties the outbox into the broker: in order, one publish in flight, and a row counts as delivered only when the
 * broker acknowledged it. Nothing is remembered but the journal's marks, so a crash at any point repeats a row at most.
 */
export class OutboxPump {
  readonly #options: OutboxPumpOptions;
  #refusals = 0;
  #refused: { readonly seq: number; readonly tries: number; readonly message: string } | null = null;

  constructor(options: OutboxPumpOptions) {
    this.#options = options;
  }

  /** The row that the broker refuses or the disk cannot give, and why; `null` while all goes well. */
  get stuck(): { readonly seq: number; readonly tries: number; readonly message: string } | null {
    return this.#refused;
  }

  /** How often the broker refused a result since the start. */
  get refusals(): number {
    return this.#refusals;
  }

  /** The newest row at this moment. Rows up to it are older than a connection that begins now. */
  async newestPosition(link: BrokerLink): Promise<number> {
    return (await this.#persist(link, () => this.#options.journal.outbox())).newestPosition;
  }

  /**
   * Returns when the connection has ended.
   * @param newestPosition rows up to here are marked as replayed: the broker may have had them before
   */
  async run(link: BrokerLink, newestPosition: number): Promise<void> {
    const { journal } = this.#options;
    const shown = new Wake();
    const unsubscribe = journal.onShown(() => shown.wake());
    link.ended.addEventListener('abort', () => shown.wake(), { once: true });
    try {
      await this.#refreshLast(link);
      while (!link.ended.aborted) {
        // Taken before the look, so that a row that is shown in between is not slept through.
        const next = shown.next();
        const row = await this.#persist(link, () => journal.nextUnsent());
        if (row === null) await next;
        else await this.#deliver(link, row, row.position <= newestPosition);
      }
    } catch (error) {
      if (!link.ended.aborted) throw error;
    } finally {
      unsubscribe();
    }
  }

  async #deliver(link: BrokerLink, row: OutboxRow, replayed: boolean): Promise<void> {
    const { journal, topics } = this.#options;
    const text = published(row, replayed);
    await this.#persist(link, () => link.publish(topics.result, text, { qos: 1, retain: false }), row.seq);
    // A row that was overtaken (a long replay, a cup closed late) must not replace a newer one.
    const newest = await this.#persist(link, () => journal.newest());
    if (newest?.seq === row.seq) await this.#publishLast(link, text);
    await this.#persist(link, () => journal.delivered(row.seq), row.seq);
  }

  /** A broker that forgot its retained messages gets the newest again. Rows that wait bring it along themselves. */
  async #refreshLast(link: BrokerLink): Promise<void> {
    const { journal } = this.#options;
    if ((await this.#persist(link, () => journal.nextUnsent())) !== null) return;
    const newest = await this.#persist(link, () => journal.newest());
    if (newest !== null) await this.#publishLast(link, published(newest, true));
  }

  /** The result itself was taken; a refusal of its retained copy is told and does not hold up the others. */
  async #publishLast(link: BrokerLink, text: string): Promise<void> {
    const { topics, log } = this.#options;
    try {
      await link.publish(topics.resultLast, text, { qos: 1, retain: true });
    } catch (error) {
      if (!(error instanceof PublishRefused)) throw error;
      log.error({ err: error }, 'the broker refuses the retained result');
    }
  }

  /** Tries until it succeeds or the connection ends; loud when it goes on failing. */
  async #persist<T>(link: BrokerLink, work: () => Promise<T>, seq = 0): Promise<T> {
    const { retryMs, log } = this.#options;
    for (let tries = 1, waitMs = retryMs.first; ; tries++, waitMs = Math.min(waitMs * 2, retryMs.longest)) {
      try {
        const done = await work();
        this.#refused = null;
        return done;
      } catch (error) {
        if (link.ended.aborted) throw error;
        if (error instanceof PublishRefused) this.#refusals++;
        const message = error instanceof Error ? error.message : String(error);
        this.#refused = { seq, tries, message };
        log[tries >= loudAfter ? 'error' : 'warn']({ err: error, seq, tries }, 'the outbox is stuck');
        await pause(waitMs, undefined, { signal: link.ended });
      }
    }
  }
}

/** Wakes whoever waits; a call between two waits is not lost. */
class Wake {
  #wake: () => void = () => undefined;

  /** Resolves at the first `wake` after this call. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake();
  }
}

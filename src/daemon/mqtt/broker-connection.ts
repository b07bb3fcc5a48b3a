import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { asCupcheckError, type CupcheckError } from '../../errors.js';
import { BrokerLink } from './broker-link.js';
import { type BrokerSettings, clientOptions } from './client-options.js';

/** How fast a lost broker is tried again. */
export interface BrokerTimes {
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
  readonly ackTimeoutMs: number;
}

export const brokerTimes: BrokerTimes = { firstRetryMs: 1000, longestRetryMs: 30_000, ackTimeoutMs: 20_000 };

/** A connection that lived so long was a good one: the next loss starts with the shortest pause again. */
const goodAfterMs = 10_000;

export interface BrokerConnectionOptions {
  readonly settings: BrokerSettings;
  readonly availability: string;
  readonly times: BrokerTimes;
  readonly log: Logger;
  /** Works on a connection until it ends; its errors end it. */
  serve(link: BrokerLink): Promise<void>;
}

/** Keeps a connection to the broker: opens one, serves it to its end, waits a bounded and growing while, and again. */
export class BrokerConnection {
  readonly #options: BrokerConnectionOptions;
  readonly #stopped = new AbortController();
  #link: BrokerLink | null = null;
  #lastError: CupcheckError | null = null;
  #connects = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(options: BrokerConnectionOptions) {
    this.#options = options;
  }

  get link(): BrokerLink | null {
    return this.#link;
  }

  /** Connections made since the start. */
  get connects(): number {
    return this.#connects;
  }

  /** Why there is no connection; `null` while there is one. */
  get lastError(): CupcheckError | null {
    return this.#lastError;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Closes the connection in good order and tries no more. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Error('the station stops'));
    await this.#link?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { times, log } = this.#options;
    const { signal } = this.#stopped;
    let waitMs = times.firstRetryMs;
    while (!signal.aborted) {
      const startedMs = performance.now();
      this.#lastError = asCupcheckError(await this.#connectOnce());
      if (signal.aborted) return;
      if (performance.now() - startedMs > goodAfterMs) waitMs = times.firstRetryMs;
      log.warn({ err: this.#lastError, retryMs: waitMs }, 'no broker');
      // Some spread, so that a hall of stations does not come back all at once.
      const spreadMs = waitMs * (0.75 + Math.random() / 2);
      await pause(spreadMs, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      waitMs = Math.min(waitMs * 2, times.longestRetryMs);
    }
  }

  /** One connection from its opening to its end. Returns why it ended. */
  async #connectOnce(): Promise<unknown> {
    const { settings, availability, times, log } = this.#options;
    try {
      const link = await BrokerLink.open(settings.url, clientOptions(settings, availability), times.ackTimeoutMs);
      if (this.#stopped.signal.aborted) {
        await link.close();
        return link.ended.reason;
      }
      this.#link = link;
      this.#lastError = null;
      this.#connects += 1;
      log.info({ url: settings.url, protocol: settings.protocol }, 'connected to the broker');
      try {
        await this.#options.serve(link);
      } finally {
        await link.close();
      }
      return link.ended.reason;
    } catch (error) {
      return error;
    } finally {
      this.#link = null;
    }
  }
}

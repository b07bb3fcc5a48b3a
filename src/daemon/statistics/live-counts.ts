import type { Logger } from 'pino';
import { asCupcheckError } from '../../errors.js';
import type { Journal } from '../ports.js';
import { currentCup, type StationState } from '../station/states.js';
import { type Count, type LiveCounter, liveCounters } from './counts.js';

/** A power cut loses at most so much of what only the running station counts. */
const keepEveryMs = 60_000;

/** Counters of this session, each read when it is wanted. */
export type SessionCounts = Readonly<Record<Exclude<LiveCounter, 'starts'>, () => number>>;

export interface LiveCountsOptions {
  readonly journal: Pick<Journal, 'counts' | 'keepCounts'>;
  readonly session: SessionCounts;
  readonly station: {
    readonly current: StationState;
    onState(listener: (state: StationState) => void): () => void;
  };
  readonly log: Logger;
  readonly everyMs?: number;
}

/**
 * What the station counts itself, over all its starts: what was kept before, and what this session has counted.
 * It is kept in the journal's database, once a minute and between cups only, so that no verdict waits for that write.
 * The whole value is written, not what was added: writing it twice is harmless.
 */
export class LiveCounts {
  readonly #options: LiveCountsOptions;
  readonly #before: ReadonlyMap<LiveCounter, number>;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: () => void = () => undefined;
  #due = true;

  constructor(options: LiveCountsOptions) {
    this.#options = options;
    this.#before = new Map(liveCounters.map((name) => [name, options.journal.counts.value(name)]));
  }

  /** Begins to keep them: at once, so that this start is counted whatever becomes of it. */
  start(): void {
    const { station, everyMs = keepEveryMs } = this.#options;
    this.#timer = setInterval(() => {
      this.#due = true;
      this.#keepIfIdle(station.current);
    }, everyMs).unref();
    this.#unsubscribe = station.onState((state) => this.#keepIfIdle(state));
    this.#keepIfIdle(station.current);
  }

  value = (name: LiveCounter): number =>
    (this.#before.get(name) ?? 0) + (name === 'starts' ? 1 : this.#options.session[name]());

  /** Keeps the last values. Errors: none; what the disk refuses is logged. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#unsubscribe();
    await this.#keep();
  }

  #keepIfIdle(state: StationState): void {
    if (!this.#due || currentCup(state) !== null) return;
    this.#due = false;
    void this.#keep();
  }

  async #keep(): Promise<void> {
    const counts = liveCounters.map(
      (name): Count => ({ name, label: '', bucket: 0, value: this.value(name), by: 'set' }),
    );
    try {
      await this.#options.journal.keepCounts(counts);
    } catch (error) {
      this.#due = true;
      this.#options.log.warn({ err: asCupcheckError(error) }, 'counters were not kept; they are tried again');
    }
  }
}

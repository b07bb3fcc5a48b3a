import type { Logger } from 'pino';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import type { BundleState } from '../bundles/bundle-state.js';
import { type BundleEvent, nextBundleState } from '../bundles/bundle-transitions.js';
import type { Clock } from '../ports.js';
import type { BundleShelf } from './bundle-shelf.js';

export interface KeptStateOptions {
  readonly shelf: Pick<BundleShelf, 'keep'>;
  readonly clock: Pick<Clock, 'utc'>;
  readonly log: Pick<Logger, 'error'>;
  /** The document changed: what judges, or until when. */
  readonly onChanged: () => void;
}

type WithoutTime<E> = E extends BundleEvent ? Omit<E, 'at'> : never;
/** An event of the document; its time is that of its writing. */
export type Happening = WithoutTime<BundleEvent>;

/** The document of the bundles, as a running station knows it: the disk has it first, but where `settle` says otherwise. */
export class KeptState {
  readonly #options: KeptStateOptions;
  #state: BundleState | null = null;
  #problem: CupcheckError | null = null;

  constructor(options: KeptStateOptions) {
    this.#options = options;
  }

  /** `null` before the start, and where it cannot be read. */
  get state(): BundleState | null {
    return this.#state;
  }

  /** As it was read at the start. */
  begin(state: BundleState): void {
    this.#state = state;
  }

  /** From now on nothing is known but what is wrong. */
  refuse(problem: CupcheckError): void {
    this.#problem = problem;
  }

  /** Errors: what is wrong with it; MODEL_NOT_READY before the start. */
  known(): BundleState {
    if (this.#problem !== null) throw this.#problem;
    if (this.#state === null) throw new CupcheckError('MODEL_NOT_READY', 'the station is starting');
    return this.#state;
  }

  /** What would be known then. Errors: BUNDLE_STEP. */
  next(event: Happening): BundleState {
    return nextBundleState(this.known(), { ...event, at: this.#options.clock.utc().toISOString() });
  }

  /** The next state, on disk. `false` where nothing changes. Errors: BUNDLE_STEP, STORAGE_FAULT. */
  async change(event: Happening): Promise<boolean> {
    const next = this.next(event);
    if (next === this.#state) return false;
    await this.#options.shelf.keep(next);
    this.#state = next;
    this.#options.onChanged();
    return true;
  }

  /**
   * As `change`, where the next start comes to the same end by itself: a disk that refuses is told, and counts for nothing.
   * @returns what the disk said
   */
  async settle(event: Happening): Promise<CupcheckError | null> {
    const { shelf, log, onChanged } = this.#options;
    const state = this.known();
    const next = this.next(event);
    this.#state = next;
    if (next === state) return null;
    onChanged();
    return shelf.keep(next).then(
      () => null,
      (thrown: unknown) => {
        const error = asCupcheckError(thrown);
        log.error({ err: error }, 'the state of the bundles could not be kept');
        return error;
      },
    );
  }
}

import { CupcheckError } from '../../errors.js';
import type { BundleState } from '../bundles/bundle-state.js';
import type { Clock } from '../ports.js';
import type { Result } from '../result.js';
import { type TrialLimits, TrialWatch } from './trial-watch.js';

export interface TrialOptions {
  readonly clock: Pick<Clock, 'utc' | 'nowNs' | 'until'>;
  readonly limits: TrialLimits;
  readonly commitWithinS: number;
  /** Why the bundle on trial must go. */
  readonly onFailed: (why: string) => void;
}

const nsPerS = 1_000_000_000n;

/** Watches over the active bundle until somebody commits it: its first cups, and the time that is set. */
export class Trial {
  readonly #options: TrialOptions;
  #watch: TrialWatch | null = null;
  /** Ends the wait for the end of the time. */
  #waiting = new AbortController();

  constructor(options: TrialOptions) {
    this.#options = options;
  }

  /** Begins, in the place of one before. Nothing where nothing is on trial. */
  begin({ active, trial }: Pick<BundleState, 'active' | 'trial'>): void {
    if (active.bundle === null || trial === null) return;
    const { clock, limits, commitWithinS, onFailed } = this.#options;
    this.end();
    this.#watch = new TrialWatch(active.bundle, limits);
    // A clock that was set back must not make a trial endless.
    const leftS = Math.min(commitWithinS, Math.max(0, (Date.parse(trial.until) - clock.utc().getTime()) / 1000));
    const endNs = clock.nowNs() + BigInt(Math.ceil(leftS)) * nsPerS;
    clock.until(endNs, this.#waiting.signal).then(
      () => onFailed('nobody committed it in time'),
      () => undefined,
    );
  }

  end(): void {
    this.#watch = null;
    this.#waiting.abort(new CupcheckError('BUNDLE_STEP', 'the trial is over'));
    this.#waiting = new AbortController();
  }

  /** Each result of the station passes here. */
  saw(result: Pick<Result, 'bundle' | 'reasons'>): void {
    const why = this.#watch?.saw(result) ?? null;
    if (why !== null) this.#options.onFailed(why);
  }
}

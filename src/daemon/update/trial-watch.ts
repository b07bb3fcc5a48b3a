import type { Reason } from '../../pipeline/judgement.js';
import type { Result } from '../result.js';

export interface TrialLimits {
  /** The first cups that count. */
  readonly cups: number;
  /** So many of them that could not be judged end the trial. */
  readonly failures: number;
}

/** Reasons that say more of the model than of the cup. */
const telling: ReadonlySet<Reason> = new Set<Reason>(['internal_error', 'timeout', 'model_not_ready']);

/** Counts the first cups of an active bundle that nobody has committed. */
export class TrialWatch {
  readonly #bundle: string;
  readonly #limits: TrialLimits;
  #cups = 0;
  #failures = 0;

  constructor(bundle: string, limits: TrialLimits) {
    this.#bundle = bundle;
    this.#limits = limits;
  }

  /** Why the bundle must go; `null` while it may stay. Cups of another bundle do not count. */
  saw({ bundle, reasons }: Pick<Result, 'bundle' | 'reasons'>): string | null {
    // A process that is away has no bundle. Before its first cup it may still be loading, which speaks against nothing.
    const isItsOwn = bundle === null ? this.#cups > 0 : bundle.sha256 === this.#bundle;
    if (this.#cups >= this.#limits.cups || !isItsOwn) return null;
    this.#cups++;
    const [failure] = reasons.filter(({ reason }) => telling.has(reason));
    if (failure === undefined) return null;
    this.#failures++;
    if (this.#failures < this.#limits.failures) return null;
    return `${String(this.#failures)} of its first ${String(this.#cups)} cups could not be judged (${failure.reason})`;
  }
}

/** How the judging process is started again. */
export interface RestartLimits {
  /** A life that was ready for this long clears the count of quick failures. */
  readonly stableMs: number;
  /** The first restart is immediate, the second waits this long, and each further one twice as long. */
  readonly firstDelayMs: number;
  /** Quick failures in a row after which the station is told `failed`. */
  readonly stormLimit: number;
  /** Wait between tries once it has failed. It is tried for ever: the cause may be mended meanwhile. */
  readonly slowDelayMs: number;
}

export const restartLimits: RestartLimits = { stableMs: 10_000, firstDelayMs: 100, stormLimit: 5, slowDelayMs: 30_000 };

export interface NextTry {
  readonly delayMs: number;
  /** Whether to tell the station that the judging process has failed. */
  readonly failed: boolean;
}

/** Counts quick failures and says when to try again. Pure: it holds no timer. */
export class RestartPolicy {
  readonly #limits: RestartLimits;
  #quickFailures = 0;

  constructor(limits: RestartLimits) {
    this.#limits = limits;
  }

  /** A life ended after it had been ready for `readyMs` (0 = never). `lasting`: trying again at once cannot help, such as a bad bundle. */
  ended(readyMs: number, lasting: boolean): NextTry {
    const { stableMs, firstDelayMs, stormLimit, slowDelayMs } = this.#limits;
    this.#quickFailures = readyMs >= stableMs ? 1 : this.#quickFailures + 1;
    if (lasting || this.#quickFailures >= stormLimit) return { delayMs: slowDelayMs, failed: true };
    if (this.#quickFailures === 1) return { delayMs: 0, failed: false };
    return { delayMs: Math.min(slowDelayMs, firstDelayMs * 2 ** (this.#quickFailures - 2)), failed: false };
  }
}

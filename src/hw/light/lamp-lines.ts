import type { LightLines } from '../../daemon/ports.js';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import type { LineState } from './line-state.js';

/** Whether each lamp is lit. */
export interface Lamps {
  readonly green: boolean;
  readonly amber: boolean;
}

/** A pair of output lines, taken dark, a lamp each. Errors of its functions may be any. */
export interface LampDriver {
  /** Both lamps. Where one cannot be driven, the other one is dark all the same. */
  drive(lamps: Lamps): void;
  /** What the lines say that is lit; `null` where they cannot be read back. */
  lit(): Lamps | null;
  /** Resolves when the lines may not be lit any more, for a reason that neither of the above tells. */
  readonly lost: Promise<CupcheckError> | null;
  /** Lets go of the lines. Called once. */
  release(): Promise<void>;
}

const lampsOf: Readonly<Record<LineState, Lamps>> = {
  dark: { green: false, amber: false },
  green: { green: true, amber: false },
  amber: { green: false, amber: true },
};

/** How often the lines are looked at while nothing changes. */
const lookEveryMs = 1000;

/**
 * Two lines, a lamp each. They are read back at each change and once a second. Lines that are not as they were driven, or
 * that are lost otherwise, are driven dark as far as that can be done, and show nothing any more.
 */
export class LampLines implements LightLines {
  readonly #driver: LampDriver;
  readonly #onLost: (error: CupcheckError) => void;
  readonly #looking: NodeJS.Timeout;
  #state: LineState = 'dark';
  #lost: CupcheckError | null = null;
  #closed = false;

  private constructor(driver: LampDriver, onLost: (error: CupcheckError) => void) {
    this.#driver = driver;
    this.#onLost = onLost;
    this.#looking = setInterval(() => this.#look(), lookEveryMs);
    void driver.lost?.then((error) => this.#lose(error));
  }

  /**
   * @param take takes the lines, dark
   * @param onLost the lines were lost where nobody waits; called once
   * Errors: LIGHT_LOST.
   */
  static async open(take: () => Promise<LampDriver>, onLost: (error: CupcheckError) => void): Promise<LampLines> {
    let driver: LampDriver | null = null;
    try {
      driver = await take();
      check(driver, 'dark');
    } catch (error) {
      // Lines that cannot be let go of have the same cause.
      await driver?.release().catch(() => null);
      throw lostLines(error);
    }
    return new LampLines(driver, onLost);
  }

  // oxlint-disable-next-line typescript/require-await -- the port promises; the kernel answers at once
  async set(state: LineState): Promise<void> {
    if (this.#lost !== null) throw this.#lost;
    if (state === this.#state) return;
    try {
      this.#driver.drive(lampsOf[state]);
      check(this.#driver, state);
    } catch (error) {
      throw this.#broken(lostLines(error));
    }
    this.#state = state;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (this.#lost === null) await this.set('dark');
    } finally {
      this.#lost ??= this.#broken(new CupcheckError('LIGHT_LOST', 'the lines are closed'));
      await this.#driver.release();
    }
  }

  #look(): void {
    try {
      check(this.#driver, this.#state);
    } catch (error) {
      this.#lose(lostLines(error));
    }
  }

  #lose(error: CupcheckError): void {
    if (this.#lost === null) this.#onLost(this.#broken(error));
  }

  /** Nothing can be shown any more: dark as far as that can be done. */
  #broken(error: CupcheckError): CupcheckError {
    this.#lost = error;
    clearInterval(this.#looking);
    try {
      this.#driver.drive(lampsOf.dark);
    } catch {
      // Lines that cannot be driven are what `error` tells of.
    }
    return error;
  }
}

/** The lamp that is lit must be the one that was asked for. */
function check(driver: LampDriver, state: LineState): void {
  const lit = driver.lit();
  const wanted = lampsOf[state];
  if (lit === null || (lit.green === wanted.green && lit.amber === wanted.amber)) return;
  const seen = `green ${lit.green ? 'on' : 'off'}, amber ${lit.amber ? 'on' : 'off'}`;
  throw new CupcheckError('LIGHT_LOST', `the lines were driven ${state} and read back ${seen}`);
}

function lostLines(thrown: unknown): CupcheckError {
  const error = asCupcheckError(thrown);
  if (error.code === 'LIGHT_LOST') return error;
  return new CupcheckError('LIGHT_LOST', `the light's lines: ${error.message}`, { cause: error });
}

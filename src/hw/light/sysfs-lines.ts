import type { LightLines } from '../../daemon/ports.js';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { type OpenSysfsGpio, openOnoff, type SysfsGpio } from '../sysfs-gpio.js';
import type { LineState } from './line-state.js';

export interface SysfsLinesOptions {
  /** The kernel's numbers of the lines in /sys/class/gpio. */
  readonly green: number;
  readonly amber: number;
  readonly activeLow: boolean;
  /** A line was lost where nobody waits. Called once. */
  readonly onLost: (error: CupcheckError) => void;
  readonly open?: OpenSysfsGpio;
}

/** How often the lines are looked at while nothing changes. */
const lookEveryMs = 1000;

/**
 * Two lines of GPIO sysfs, a lamp each, for kernels without chips of version 2. They are driven one after the other, and
 * nothing drives them dark when this process is killed or stands still: they stay as they are until it starts again.
 */
export class SysfsLines implements LightLines {
  readonly #options: SysfsLinesOptions;
  readonly #green: SysfsGpio;
  readonly #amber: SysfsGpio;
  #state: LineState = 'dark';
  #lost: CupcheckError | null = null;
  #closed = false;
  readonly #looking: NodeJS.Timeout;

  /** Takes the lines, dark. Errors: LIGHT_LOST. */
  constructor(options: SysfsLinesOptions) {
    this.#options = options;
    const { green, amber, activeLow, open = openOnoff } = options;
    // The kernel takes this direction for the level on the wire, whatever active_low says.
    const dark = activeLow ? 'high' : 'low';
    try {
      this.#green = open(green, dark, activeLow);
      this.#amber = open(amber, dark, activeLow);
    } catch (error) {
      throw lostLines(error);
    }
    this.#looking = setInterval(() => this.#look(), lookEveryMs);
  }

  // oxlint-disable-next-line typescript/require-await -- the port promises; the kernel answers at once
  async set(state: LineState): Promise<void> {
    if (this.#lost !== null) throw this.#lost;
    if (state === this.#state) return;
    try {
      this.#drive(state);
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
      this.#green.unexport();
      this.#amber.unexport();
    }
  }

  /** Off before on, so that never both are lit. */
  #drive(state: LineState): void {
    if (state !== 'green') this.#green.writeSync(0);
    if (state !== 'amber') this.#amber.writeSync(0);
    if (state === 'green') this.#green.writeSync(1);
    if (state === 'amber') this.#amber.writeSync(1);
    this.#check(state);
  }

  #check(state: LineState): void {
    const [green, amber] = [this.#green.readSync() === 1, this.#amber.readSync() === 1];
    if (green === (state === 'green') && amber === (state === 'amber')) return;
    throw new CupcheckError(
      'LIGHT_LOST',
      `the lines were driven ${state} and read back green ${green}, amber ${amber}`,
    );
  }

  #look(): void {
    try {
      this.#check(this.#state);
    } catch (error) {
      this.#options.onLost(this.#broken(lostLines(error)));
    }
  }

  /** Nothing can be shown any more: dark as far as that can be done. */
  #broken(error: CupcheckError): CupcheckError {
    this.#lost = error;
    clearInterval(this.#looking);
    for (const line of [this.#green, this.#amber]) {
      try {
        line.writeSync(0);
      } catch {
        // Lines that cannot be driven are what `error` tells of.
      }
    }
    return error;
  }
}

function lostLines(thrown: unknown): CupcheckError {
  const error = asCupcheckError(thrown);
  if (error.code === 'LIGHT_LOST') return error;
  return new CupcheckError('LIGHT_LOST', `the light's lines in sysfs: ${error.message}`, { cause: error });
}

import { CupcheckError } from '../../errors.js';
import { type OpenSysfsGpio, openOnoff, type SysfsGpio } from '../sysfs-gpio.js';
import type { LampDriver, Lamps } from './lamp-lines.js';

export interface SysfsLinesOptions {
  /** The kernel's numbers of the lines in /sys/class/gpio. */
  readonly green: number;
  readonly amber: number;
  readonly activeLow: boolean;
  readonly open?: OpenSysfsGpio;
}

/**
 * Two lines of GPIO sysfs, for kernels without chips of version 2. They are driven one after the other, and nothing drives
 * them dark when this process is killed or stands still: they stay as they are until it starts again.
 */
export class SysfsLines implements LampDriver {
  readonly lost = null;
  readonly #green: SysfsGpio;
  readonly #amber: SysfsGpio;

  /** Takes the lines, dark: both or none. Errors: any. */
  constructor({ green, amber, activeLow, open = openOnoff }: SysfsLinesOptions) {
    if (green === amber) throw new CupcheckError('GPIO_FAULT', `green and amber are the same line, ${green}, of sysfs`);
    // The kernel takes this direction for the level on the wire, whatever active_low says.
    const dark = activeLow ? 'high' : 'low';
    this.#green = open(green, dark, activeLow);
    try {
      this.#amber = open(amber, dark, activeLow);
    } catch (error) {
      this.#green.unexport();
      throw error;
    }
  }

  /** Off before on, so that never both are lit. */
  drive({ green, amber }: Lamps): void {
    try {
      if (!green) this.#green.writeSync(0);
    } finally {
      if (!amber) this.#amber.writeSync(0);
    }
    if (green) this.#green.writeSync(1);
    if (amber) this.#amber.writeSync(1);
  }

  lit(): Lamps {
    return { green: this.#green.readSync() === 1, amber: this.#amber.readSync() === 1 };
  }

  // oxlint-disable-next-line typescript/require-await -- other drivers wait here
  async release(): Promise<void> {
    try {
      this.#green.unexport();
    } finally {
      this.#amber.unexport();
    }
  }
}

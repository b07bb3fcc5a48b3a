import { type OpenSysfsGpio, openOnoff } from '../sysfs-gpio.js';
import { LineTrigger, type LineTriggerOptions } from './line-trigger.js';

export interface SysfsTriggerOptions extends LineTriggerOptions {
  /** The kernel's number of the line in /sys/class/gpio. */
  readonly line: number;
  readonly activeLow: boolean;
  readonly open?: OpenSysfsGpio;
}

/**
 * A cup sensor on a line of GPIO sysfs, for kernels without chips of version 2. It is stamped by this process when it hears of
 * the change, so later than it was; changes that follow each other faster than they are read are one, or none.
 */
export function sysfsTrigger(options: SysfsTriggerOptions): LineTrigger {
  const { open = openOnoff, line, activeLow, clock } = options;
  return new LineTrigger(options, () => {
    const gpio = open(line, 'in', activeLow);
    return {
      active: () => gpio.readSync() === 1,
      watch: (changes, failed) =>
        gpio.watch((error, value) => {
          if (error) failed(error);
          else changes([{ active: value === 1, atNs: clock.nowNs(), seq: null }]);
        }),
      close: () => gpio.unexport(),
    };
  });
}

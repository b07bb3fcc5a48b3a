import { type Gpio, type GpioBias, kernelGpio } from '../../native/gpio.js';
import { LineTrigger, type LineTriggerOptions } from './line-trigger.js';

export interface GpioTriggerOptions extends LineTriggerOptions {
  /** Path, kernel's name or label. */
  readonly chip: string;
  /** Offset or name. */
  readonly line: string;
  readonly bias: GpioBias;
  readonly activeLow: boolean;
  /** The kernel's own debounce, µs; 0 = none. */
  readonly debounceUs: number;
  readonly gpio?: Gpio;
}

/** A cup sensor on a line of a GPIO chip: the kernel stamps and numbers each edge. */
export function gpioTrigger(options: GpioTriggerOptions): LineTrigger {
  const { gpio = kernelGpio, chip, line, ...input } = options;
  return new LineTrigger(options, () => {
    const opened = gpio.input(gpio.find(chip, line), input);
    return {
      active: () => opened.active(),
      watch: (edges, failed) => opened.watch(edges, failed),
      close: () => opened.close(),
    };
  });
}

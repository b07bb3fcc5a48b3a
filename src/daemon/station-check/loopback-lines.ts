import type { Gpio } from '../../native/gpio.js';

/** Lines that tell what the station's own lines do, or do what its sensor does; `null` = not wired. */
export interface LoopbackWiring {
  readonly chip: string;
  /** Inputs, on the lamps’ outputs. */
  readonly amber: string | null;
  readonly green: string | null;
  /** Output, onto the sensor’s input: a cup, for as long as it is active. */
  readonly trigger: string | null;
  /** Output that takes the illumination away, for as long as it is active. */
  readonly illumination: string | null;
  /** Low is active, on each of them. */
  readonly activeLow: boolean;
  /** How long a lamp, a relay or a camera takes to follow. */
  readonly settleMs: number;
}

/** Errors: GPIO_FAULT. */
export function readLine(gpio: Gpio, { chip, activeLow }: LoopbackWiring, line: string): boolean {
  const input = gpio.input(gpio.find(chip, line), { activeLow, bias: 'as_is', debounceUs: 0 });
  try {
    return input.active();
  } finally {
    input.close();
  }
}

/**
 * Holds a line active while `work` runs. It is ours for that time alone: before and after, what it is pulled to must be inactive.
 * Errors: GPIO_FAULT; those of `work`.
 */
export async function holding<T>(
  gpio: Gpio,
  { chip, activeLow }: LoopbackWiring,
  line: string,
  work: (release: () => void) => Promise<T>,
): Promise<T> {
  const output = gpio.outputs([gpio.find(chip, line)], { activeLow: [activeLow], drive: 'push_pull' });
  try {
    output.drive([true]);
    return await work(() => output.drive([false]));
  } finally {
    try {
      output.drive([false]);
    } finally {
      output.close();
    }
  }
}

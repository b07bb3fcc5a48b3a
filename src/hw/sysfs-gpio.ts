import { Gpio } from 'onoff';

/** What we use of `onoff`. */
export interface SysfsGpio {
  readSync(): 0 | 1;
  writeSync(value: 0 | 1): void;
  direction(): 'in' | 'out' | 'high' | 'low';
  activeLow(): boolean;
  watch(told: (error: Error | null | undefined, value: 0 | 1) => void): void;
  unexport(): void;
}

/** Opens a line by its number in sysfs. Errors: any. */
export type OpenSysfsGpio = (line: number, direction: 'in' | 'high' | 'low', activeLow: boolean) => SysfsGpio;

/** Opens it through `onoff`. A line that was exported before is taken over, and must do what it is asked to. */
export const openOnoff: OpenSysfsGpio = (line, direction, activeLow) => {
  const gpio = new Gpio(line, direction, direction === 'in' ? 'both' : 'none', { activeLow });
  // onoff says nothing where a line that was exported before cannot be set up.
  const wanted = direction === 'in' ? 'in' : 'out';
  if (gpio.direction() === wanted && gpio.activeLow() === activeLow) return gpio;
  gpio.unexport();
  throw new Error(
    `line ${line} of sysfs was exported before and cannot be made an ${wanted}put with active_low ${activeLow}`,
  );
};

import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { CupcheckError } from '../../errors.js';
import { errnoOf } from '../../native/addon.js';
import { type Gpio, type GpioDrive, kernelGpio, lightGuardPath, type OutputLines } from '../../native/gpio.js';
import type { LampDriver, Lamps } from './lamp-lines.js';
import { LightGuard } from './light-guard.js';

export interface GpioLinesOptions {
  /** Path, kernel's name or label. */
  readonly chip: string;
  /** Offset or name. */
  readonly green: string;
  readonly amber: string;
  readonly activeLow: boolean;
  readonly drive: GpioDrive;
  /** Read the lines back: chips that cannot are told as lost otherwise. */
  readonly verify: boolean;
  /** How long this process may stand still with something lit. */
  readonly patienceMs: number;
  readonly gpio?: Gpio;
  readonly guardProgram?: string;
}

/** A guard of a process before us holds the lines for as long as it takes to drive them dark. */
const busyPatienceMs = 2000;
const busyPauseMs = 20;
const errnoBusy = constants.errno.EBUSY;

/**
 * Two lines of a GPIO chip.
 *
 * What a line does when its owner ends is the chip's affair: many keep it as it was driven. So the lines are driven dark on
 * every way out: when they are released, and by a guard, which shares them, when this process is killed, crashes or stands
 * still.
 */
export class GpioLines implements LampDriver {
  readonly lost: Promise<CupcheckError>;
  readonly #outputs: OutputLines;
  readonly #guard: LightGuard;
  readonly #verify: boolean;

  private constructor(outputs: OutputLines, guard: LightGuard, verify: boolean) {
    this.#outputs = outputs;
    this.#guard = guard;
    this.#verify = verify;
    this.lost = guard.ended;
  }

  /** Takes the lines, dark. Errors: GPIO_FAULT; LIGHT_LOST where the guard cannot be started. */
  static async take(options: GpioLinesOptions): Promise<GpioLines> {
    const { guardProgram = lightGuardPath, patienceMs, verify } = options;
    const outputs = await take(options);
    try {
      const guard = await LightGuard.start(guardProgram, outputs.fd, 2, patienceMs);
      return new GpioLines(outputs, guard, verify);
    } catch (error) {
      outputs.close();
      throw error;
    }
  }

  drive({ green, amber }: Lamps): void {
    const lit = green || amber;
    if (lit) this.#guard.watch();
    this.#outputs.drive([green, amber]);
    if (!lit) this.#guard.rest();
  }

  lit(): Lamps | null {
    if (!this.#verify) return null;
    const [green = false, amber = false] = this.#outputs.driven();
    return { green, amber };
  }

  async release(): Promise<void> {
    await this.#guard.stop();
    this.#outputs.close();
  }
}

async function take({
  chip,
  green,
  amber,
  activeLow,
  drive,
  gpio = kernelGpio,
}: GpioLinesOptions): Promise<OutputLines> {
  const untilMs = performance.now() + busyPatienceMs;
  for (;;) {
    try {
      const lines = [gpio.find(chip, green), gpio.find(chip, amber)];
      if (lines[0]?.offset === lines[1]?.offset) {
        throw new CupcheckError('GPIO_FAULT', `green (${green}) and amber (${amber}) are the same line of ${chip}`);
      }
      return gpio.outputs(lines, { activeLow: [activeLow, activeLow], drive });
    } catch (error) {
      if (errnoOf(error) !== errnoBusy || performance.now() >= untilMs) throw error;
    }
    await sleep(busyPauseMs);
  }
}

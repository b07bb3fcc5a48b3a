import { setTimeout as sleep } from 'node:timers/promises';
import type { LightLines } from '../../daemon/ports.js';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { type Gpio, type GpioDrive, kernelGpio, lightGuardPath, type OutputLines } from '../../native/gpio.js';
import { LightGuard } from './light-guard.js';
import type { LineState } from './line-state.js';

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
  /** The lines were lost where nobody waits; they were driven dark as far as that could be done. Called once. */
  readonly onLost: (error: CupcheckError) => void;
  readonly gpio?: Gpio;
  readonly guardProgram?: string;
}

/** In the order of the request: green, amber. */
const levels: Readonly<Record<LineState, readonly [green: boolean, amber: boolean]>> = {
  dark: [false, false],
  green: [true, false],
  amber: [false, true],
};

/** How often the lines are looked at while nothing changes. */
const lookEveryMs = 1000;
/** A guard of a process before us holds the lines for as long as it takes to drive them dark. */
const busyPatienceMs = 2000;
const busyPauseMs = 20;
const errnoBusy = 16;

/**
 * Two lines of a GPIO chip, a lamp each.
 *
 * What a line does when its owner ends is the chip's affair: many keep it as it was driven. So the lines are driven dark on
 * every way out: by `close`, and by a guard, which shares them, when this process is killed, crashes or stands still.
 */
export class GpioLines implements LightLines {
  readonly #options: GpioLinesOptions;
  readonly #outputs: OutputLines;
  #guard: LightGuard | null = null;
  #state: LineState = 'dark';
  #looking: NodeJS.Timeout | null = null;
  #lost: CupcheckError | null = null;

  private constructor(options: GpioLinesOptions, outputs: OutputLines) {
    this.#options = options;
    this.#outputs = outputs;
  }

  /** Takes the lines, dark. Errors: LIGHT_LOST. */
  static async open(options: GpioLinesOptions): Promise<GpioLines> {
    const lines = new GpioLines(options, await take(options));
    try {
      lines.#check('dark');
      lines.#guard = await LightGuard.start(
        options.guardProgram ?? lightGuardPath,
        lines.#outputs.fd,
        levels.dark.length,
        options.patienceMs,
        (error) => lines.#lose(error),
      );
    } catch (error) {
      lines.#outputs.close();
      throw lostLines(error);
    }
    lines.#looking = setInterval(() => lines.#look(), lookEveryMs);
    return lines;
  }

  // oxlint-disable-next-line typescript/require-await -- the port promises; the kernel answers at once
  async set(state: LineState): Promise<void> {
    if (this.#lost !== null) throw this.#lost;
    if (state === this.#state) return;
    try {
      if (state !== 'dark') this.#guard?.watch();
      this.#outputs.drive(levels[state]);
      this.#check(state);
      if (state === 'dark') this.#guard?.rest();
    } catch (error) {
      throw this.#broken(lostLines(error));
    }
    this.#state = state;
  }

  async close(): Promise<void> {
    try {
      if (this.#lost === null) await this.set('dark');
    } finally {
      this.#lost ??= this.#broken(new CupcheckError('LIGHT_LOST', 'the lines are closed'));
      await this.#guard?.stop();
      this.#outputs.close();
    }
  }

  /** The lamp that is lit must be the one that was asked for. */
  #check(state: LineState): void {
    if (!this.#options.verify) return;
    const [green, amber] = this.#outputs.driven();
    const [wantsGreen, wantsAmber] = levels[state];
    if (green === wantsGreen && amber === wantsAmber) return;
    const seen = `green ${green === true ? 'on' : 'off'}, amber ${amber === true ? 'on' : 'off'}`;
    throw new CupcheckError('LIGHT_LOST', `the lines were driven ${state} and read back ${seen}`);
  }

  #look(): void {
    try {
      this.#check(this.#state);
    } catch (error) {
      this.#lose(lostLines(error));
    }
  }

  #lose(error: CupcheckError): void {
    if (this.#lost !== null) return;
    this.#options.onLost(this.#broken(error));
  }

  /** Nothing can be shown any more: dark as far as that can be done. */
  #broken(error: CupcheckError): CupcheckError {
    this.#lost = error;
    if (this.#looking !== null) clearInterval(this.#looking);
    try {
      this.#outputs.drive(levels.dark);
      this.#guard?.rest();
    } catch {
      // Lines that cannot be driven are what `error` tells of.
    }
    return error;
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
      if (!isBusy(error) || performance.now() >= untilMs) throw lostLines(error);
    }
    await sleep(busyPauseMs);
  }
}

function isBusy(error: unknown): boolean {
  const cause = error instanceof CupcheckError ? error.cause : null;
  return cause instanceof Error && 'errno' in cause && cause.errno === errnoBusy;
}

function lostLines(thrown: unknown): CupcheckError {
  const error = asCupcheckError(thrown);
  if (error.code === 'LIGHT_LOST') return error;
  return new CupcheckError('LIGHT_LOST', `the light's lines: ${error.message}`, { cause: error });
}

import { fileURLToPath } from 'node:url';
import { CupcheckError } from '../errors.js';
import { callNative, type FoundLine, type LineEdge, nativeError } from './addon.js';

export type { FoundLine, LineEdge } from './addon.js';

const biases = { as_is: 0, disabled: 1, pull_up: 2, pull_down: 3 } as const;
const drives = { push_pull: 0, open_drain: 1, open_source: 2 } as const;

/** The pull of an input. A chip that has none ignores it; the kernel does not tell. */
export type GpioBias = keyof typeof biases;
export type GpioDrive = keyof typeof drives;

export interface InputOptions {
  /** Low is active. */
  readonly activeLow: boolean;
  readonly bias: GpioBias;
  /** The kernel's debounce, µs; 0 = none. An edge's stamp is later by it. */
  readonly debounceUs: number;
}

export interface OutputOptions {
  /** For each line: low is active. */
  readonly activeLow: readonly boolean[];
  readonly drive: GpioDrive;
}

/** A line that is ours to listen to, until `close`. */
export interface InputLine {
  /** Whether it is active now. Errors: GPIO_FAULT. */
  active(): boolean;
  /** Tells of edges as they come; after `failed` (GPIO_FAULT) of none any more. Once a line. */
  watch(edges: (edges: readonly LineEdge[]) => void, failed: (error: CupcheckError) => void): void;
  close(): void;
}

/** Lines that are ours to drive, all at once, until `close`. */
export interface OutputLines {
  /** For a child that shares them: where it has a copy, `close` here does not free the lines. */
  readonly fd: number;
  /** Errors: GPIO_FAULT. */
  drive(active: readonly boolean[]): void;
  /** What the chip says that they are at. Errors: GPIO_FAULT. */
  driven(): boolean[];
  close(): void;
}

/** The GPIO chips of a machine. */
export interface Gpio {
  /**
   * @param chip path, kernel's name (`gpiochip0`) or label
   * @param line offset in digits, or name
   * Errors: GPIO_FAULT, also where a label or a name is not the only one.
   */
  find(chip: string, line: string): FoundLine;
  /** Errors: GPIO_FAULT; its `errno` is 16 (EBUSY) where somebody has the line. */
  input(line: FoundLine, options: InputOptions): InputLine;
  /** Lines of one chip, inactive from the first moment on. Errors: as `input`. */
  outputs(lines: readonly FoundLine[], options: OutputOptions): OutputLines;
}

/** The program that keeps lines from staying lit; it lies beside the addon. */
export const lightGuardPath = fileURLToPath(new URL('../../build/Release/light-guard', import.meta.url));

/** The chips that the kernel offers, by its interface of version 2 (Linux 5.10). */
export const kernelGpio: Gpio = {
  find: (chip, line) => callNative((addon) => addon.gpioFind(chip, line)),
  input(line, { activeLow, bias, debounceUs }) {
    const fd = callNative((addon) =>
      addon.gpioInput(line.offset, activeLow ? 1 : 0, biases[bias], debounceUs, line.path),
    );
    return new KernelInput(fd);
  },
  outputs(lines, { activeLow, drive }) {
    const [first] = lines;
    if (first === undefined || lines.some(({ path }) => path !== first.path)) {
      const paths = lines.map(({ path }) => path).join(', ');
      throw new CupcheckError('GPIO_FAULT', `lines of one request must be of one chip: ${paths}`);
    }
    const offsets = Float64Array.from(lines, ({ offset }) => offset);
    const fd = callNative((addon) => addon.gpioOutputs(offsets, bitsOf(activeLow), drives[drive], first.path));
    return new KernelOutputs(fd, lines.length);
  },
};

class KernelInput implements InputLine {
  readonly #fd: number;
  #stop: (() => void) | null = null;
  #open = true;

  constructor(fd: number) {
    this.#fd = fd;
  }

  active(): boolean {
    requireOpen(this.#open);
    return callNative((addon) => addon.gpioRead(this.#fd, 1)) === 1;
  }

  watch(edges: (edges: readonly LineEdge[]) => void, failed: (error: CupcheckError) => void): void {
    requireOpen(this.#open);
    this.#stop?.();
    this.#stop = callNative((addon) =>
      addon.gpioWatch(this.#fd, (error, seen) => {
        if (!this.#open) return;
        if (error !== null) failed(nativeError(error) as CupcheckError);
        else if (seen !== null) edges(seen);
      }),
    );
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stop?.();
    callNative((addon) => addon.gpioClose(this.#fd));
  }
}

class KernelOutputs implements OutputLines {
  readonly fd: number;
  readonly #count: number;
  #open = true;

  constructor(fd: number, count: number) {
    this.fd = fd;
    this.#count = count;
  }

  drive(active: readonly boolean[]): void {
    requireOpen(this.#open);
    callNative((addon) => addon.gpioDrive(this.fd, this.#count, bitsOf(active)));
  }

  driven(): boolean[] {
    requireOpen(this.#open);
    const bits = callNative((addon) => addon.gpioRead(this.fd, this.#count));
    return Array.from({ length: this.#count }, (_, line) => ((bits >> line) & 1) === 1);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    callNative((addon) => addon.gpioClose(this.fd));
  }
}

/** A descriptor that was closed may be another file's by now. */
function requireOpen(open: boolean): void {
  if (!open) throw new CupcheckError('GPIO_FAULT', 'the line was closed');
}

const bitsOf = (active: readonly boolean[]): number =>
  active.reduce((bits, set, line) => bits | (set ? 1 << line : 0), 0);

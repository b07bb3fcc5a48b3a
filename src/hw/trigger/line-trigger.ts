import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Trigger, TriggerEvent } from '../../daemon/ports.js';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import type { DebounceOptions } from './debounce.js';
import { DebouncedLine, type LineChange } from './debounced-line.js';

/** A change as a driver has it; `seq` follows that of the change before, `null` where the driver does not number them. */
export interface SensorChange extends LineChange {
  readonly seq: number | null;
}

/** The line of a cup sensor, open. */
export interface Sensor {
  /** Whether a cup is there now. Errors: any. */
  active(): boolean;
  /** Tells of changes as they come, and of none after `failed`. */
  watch(changes: (changes: readonly SensorChange[]) => void, failed: (error: Error) => void): void;
  close(): void;
}

export interface LineTriggerOptions extends DebounceOptions {
  readonly clock: Clock;
}

/** How often the line is read while nothing changes, and how often a lost one is tried again. */
export const lookEveryMs = 1000;

/**
 * A cup sensor on a line. With `level`, a cup that already stands there is told as `placed`.
 * A sensor that is lost is told once and tried again until it answers; what changed meanwhile is not known.
 */
export class LineTrigger implements Trigger {
  readonly kind: Trigger['kind'];
  readonly #options: LineTriggerOptions;
  readonly #open: () => Sensor;
  #listener: ((event: TriggerEvent) => void) | null = null;
  #sensor: Sensor | null = null;
  #line: DebouncedLine | null = null;
  #active = false;
  #lastSeq: number | null = null;
  #lost = false;
  #looking: NodeJS.Timeout | null = null;
  #missed = 0;
  /** Of lines before the present one. */
  #refusedBefore = 0;

  /** @param open opens the line anew. Errors: any, told as `lost` */
  constructor(options: LineTriggerOptions, open: () => Sensor) {
    this.kind = options.kind;
    this.#options = options;
    this.#open = open;
  }

  get refused(): number {
    return this.#refusedBefore + (this.#line?.refused ?? 0);
  }

  get missed(): number {
    return this.#missed;
  }

  start(listener: (event: TriggerEvent) => void): Promise<void> {
    if (this.#listener !== null) return Promise.resolve();
    this.#listener = listener;
    this.#lost = false;
    this.#connect();
    this.#looking = setInterval(() => void this.#look(), lookEveryMs);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    if (this.#looking !== null) clearInterval(this.#looking);
    this.#looking = null;
    this.#listener = null;
    this.#disconnect();
    return Promise.resolve();
  }

  #connect(): void {
    try {
      const sensor = this.#open();
      this.#sensor = sensor;
      this.#lastSeq = null;
      this.#line = new DebouncedLine(this.#options, this.#options.clock, (event) => this.#listener?.(event));
      sensor.watch(
        (changes) => this.#take(sensor, changes),
        (error) => this.#lose(sensor, error),
      );
      this.#active = sensor.active();
    } catch (error) {
      this.#lose(this.#sensor, error);
      return;
    }
    const nowNs = this.#options.clock.nowNs();
    if (this.#lost) this.#listener?.({ type: 'found', atNs: nowNs });
    this.#lost = false;
    if (this.#active && this.kind === 'level') this.#line.change(true, nowNs);
  }

  #disconnect(): void {
    this.#refusedBefore = this.refused;
    this.#line?.stop();
    this.#line = null;
    this.#sensor?.close();
    this.#sensor = null;
  }

  #lose(sensor: Sensor | null, thrown: unknown): void {
    if (sensor !== this.#sensor) return;
    this.#disconnect();
    if (this.#lost) return;
    this.#lost = true;
    const cause = asCupcheckError(thrown);
    const error = new CupcheckError('TRIGGER_LOST', `the cup sensor cannot be read: ${cause.message}`, { cause });
    this.#listener?.({ type: 'lost', error });
  }

  #take(sensor: Sensor, changes: readonly SensorChange[]): void {
    if (sensor !== this.#sensor) return;
    const nowNs = this.#options.clock.nowNs();
    const taken: LineChange[] = [];
    for (const { active, atNs, seq } of changes) {
      if (atNs > nowNs) {
        // Such a stamp would prove any old frame fresh: it must not pass for one of the right clock.
        const text = `its change is stamped ${atNs - nowNs} ns from now: its clock is not CLOCK_MONOTONIC`;
        this.#lose(sensor, new Error(text));
        return;
      }
      if (seq !== null && this.#lastSeq !== null) this.#missed += Math.max(0, seq - this.#lastSeq - 1);
      this.#lastSeq = seq;
      // The kernel reads the level some time after the edge: a short pulse is two edges to the level that it came back to.
      if (seq !== null && active === this.#active) taken.push({ active: !active, atNs });
      taken.push({ active, atNs });
      this.#active = active;
    }
    this.#line?.changes(taken);
  }

  /** A line that is gone need not say so, and one whose changes were lost still has its level. */
  async #look(): Promise<void> {
    const sensor = this.#sensor;
    if (sensor === null) {
      this.#connect();
      return;
    }
    try {
      if (sensor.active() === this.#active) return;
      // The change may be on its way to us.
      await turn();
      if (sensor !== this.#sensor) return;
      const active = sensor.active();
      if (active === this.#active) return;
      this.#missed++;
      this.#active = active;
      this.#line?.change(active, this.#options.clock.nowNs());
    } catch (error) {
      this.#lose(sensor, error);
    }
  }
}

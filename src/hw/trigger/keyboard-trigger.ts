import type { Readable } from 'node:stream';
import type { Clock, Trigger, TriggerEvent } from '../../daemon/ports.js';
import { CupcheckError } from '../../errors.js';
import { ScriptedTrigger } from './scripted-trigger.js';

/** A terminal's input, or any stream of characters. */
export type Keys = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };

export interface KeyboardTriggerOptions {
  readonly kind: Trigger['kind'];
  readonly clock: Clock;
  readonly keys: Keys;
  /** Keys that mean nothing here; Ctrl-C arrives so too, because a raw terminal sends no signal. */
  readonly onOtherKey: (key: string) => void;
}

/** A sensor for a desk without one: `p` places a cup, `r` removes it, the space bar does the other of the two. */
export class KeyboardTrigger implements Trigger {
  readonly kind: Trigger['kind'];
  readonly #options: KeyboardTriggerOptions;
  readonly #sensor: ScriptedTrigger;
  readonly #onData = (chunk: string): void => this.#press(chunk);
  readonly #onEnd = (): void => this.#sensor.lose('the keyboard was closed');

  constructor(options: KeyboardTriggerOptions) {
    this.kind = options.kind;
    this.#options = options;
    this.#sensor = new ScriptedTrigger({ kind: options.kind, clock: options.clock, debounceMs: 0, minGapMs: 0 });
  }

  async start(listener: (event: TriggerEvent) => void): Promise<void> {
    const { keys } = this.#options;
    if (keys.destroyed || keys.readableEnded) throw new CupcheckError('TRIGGER_LOST', 'the keyboard is closed');
    await this.#sensor.start(listener);
    if (keys.isTTY === true) keys.setRawMode?.(true);
    keys.setEncoding('utf8');
    // What was typed before was meant for somebody else.
    while (keys.read() !== null);
    keys.on('data', this.#onData).on('end', this.#onEnd).resume();
  }

  async stop(): Promise<void> {
    const { keys } = this.#options;
    keys.off('data', this.#onData).off('end', this.#onEnd);
    keys.pause();
    if (keys.isTTY === true) keys.setRawMode?.(false);
    await this.#sensor.stop();
  }

  #press(chunk: string): void {
    for (const key of chunk) {
      if (key === 'p' || (key === ' ' && !this.#sensor.present)) this.#sensor.place();
      else if (key === 'r' || key === ' ') this.#sensor.remove();
      else this.#options.onOtherKey(key);
    }
  }
}

import type { Camera, FrameRef, Trigger, TriggerEvent } from '../../daemon/ports.js';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { DebouncedLine, type LineChange } from './debounced-line.js';
import type { LineTriggerOptions } from './line-trigger.js';
import { Presence, type PresenceOptions } from './presence.js';

const nsPerMs = 1_000_000n;

export interface CameraTriggerOptions<Thumb> extends Omit<LineTriggerOptions, 'kind'> {
  readonly camera: Camera;
  readonly presence: PresenceOptions;
  /** The place between two cups. */
  readonly empty: Thumb;
  /** What a frame shows, small. Errors: any, where the frame is of no use. */
  readonly thumbOf: (frame: FrameRef) => Promise<Thumb>;
  readonly difference: (a: Thumb, b: Thumb) => number;
  /** Pause between two looks. */
  readonly everyMs: number;
  /** Without a frame of use for so long it is blind. */
  readonly patienceMs: number;
}

/**
 * Tells cups by the camera's picture, where there is no sensor: one frame each `everyMs`. Its moments are the exposures of the
 * frames in which it saw the change, so a cup is told later than it came, never earlier.
 */
export class CameraTrigger<Thumb> implements Trigger {
  readonly kind = 'level';
  readonly missed = 0;
  readonly #options: CameraTriggerOptions<Thumb>;
  #watching = new AbortController();
  #watch: Promise<void> | null = null;
  #line: DebouncedLine | null = null;
  /** Exposure of the frame before. */
  #lastNs: bigint | null = null;
  /** Of lines before the present one. */
  #refusedBefore = 0;

  constructor(options: CameraTriggerOptions<Thumb>) {
    this.#options = options;
  }

  get refused(): number {
    return this.#refusedBefore + (this.#line?.refused ?? 0);
  }

  start(listener: (event: TriggerEvent) => void): Promise<void> {
    if (this.#watch !== null) return Promise.resolve();
    this.#watching = new AbortController();
    this.#lastNs = null;
    this.#watch = this.#run(listener, this.#watching.signal);
    return Promise.resolve();
  }

  /** Resolves when no frame is looked at any more: then the ring may be closed. */
  async stop(): Promise<void> {
    this.#watching.abort(new CupcheckError('INTERNAL', 'the trigger stops'));
    this.#disconnect();
    await this.#watch;
    this.#watch = null;
  }

  async #run(listener: (event: TriggerEvent) => void, signal: AbortSignal): Promise<void> {
    const { clock, presence, empty, difference, everyMs, patienceMs } = this.#options;
    let seer = new Presence(presence, empty, difference);
    let lost = false;
    let goodNs = clock.nowNs();
    this.#connect(listener);
    while (!signal.aborted) {
      const pauseNs = clock.nowNs() + BigInt(everyMs) * nsPerMs;
      try {
        const change = await this.#look(seer, signal);
        goodNs = clock.nowNs();
        if (lost) listener({ type: 'found', atNs: goodNs });
        lost = false;
        if (change !== null) this.#line?.change(change.active, change.atNs);
      } catch (error) {
        if (signal.aborted) return;
        if (!lost && clock.nowNs() >= goodNs + BigInt(patienceMs) * nsPerMs) {
          lost = true;
          // What was there before it went blind need not be there after.
          seer = new Presence(presence, empty, difference);
          this.#disconnect();
          this.#connect(listener);
          listener({ type: 'lost', error: blind(error, patienceMs) });
        }
      }
      await clock.until(pauseNs, signal).catch(() => null);
    }
  }

  /** Errors: those of the camera and of the frame; none in time. */
  async #look(seer: Presence<Thumb>, signal: AbortSignal): Promise<LineChange | null> {
    const { camera, clock, thumbOf, patienceMs } = this.#options;
    const patience = new AbortController();
    void clock.until(clock.nowNs() + BigInt(patienceMs) * nsPerMs, patience.signal).then(
      () => patience.abort(new CupcheckError('FRAME_TIMEOUT', 'no new frame')),
      () => null, // the frame came first
    );
    try {
      const frame = await camera.after(this.#lastNs ?? clock.nowNs(), AbortSignal.any([signal, patience.signal]));
      // Where the exposure is not known, its cup cannot be green; when it was seen still tells when the cup came.
      const seenNs = frame.stamp.exposedNs ?? clock.nowNs();
      this.#lastNs = seenNs;
      try {
        return seer.look(await thumbOf(frame), seenNs);
      } finally {
        frame.release();
      }
    } finally {
      patience.abort(new CupcheckError('INTERNAL', 'the look is over'));
    }
  }

  #connect(listener: (event: TriggerEvent) => void): void {
    this.#line = new DebouncedLine({ ...this.#options, kind: this.kind }, this.#options.clock, listener);
  }

  #disconnect(): void {
    this.#refusedBefore = this.refused;
    this.#line?.stop();
    this.#line = null;
  }
}

function blind(thrown: unknown, patienceMs: number): CupcheckError {
  const cause = asCupcheckError(thrown);
  const message = `the camera shows the trigger nothing new since ${patienceMs} ms: ${cause.message}`;
  return new CupcheckError('TRIGGER_LOST', message, { cause });
}

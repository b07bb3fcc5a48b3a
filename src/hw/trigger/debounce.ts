import type { Trigger, TriggerEvent } from '../../daemon/ports.js';

const nsPerMs = 1_000_000n;

/** A contact that has not rested for so long is broken, not bouncing. */
export const chatterMs = 2000;

export interface DebounceOptions {
  readonly kind: Trigger['kind'];
  /** A level counts once it has rested for so long; edges closer together than this are one edge. */
  readonly debounceMs: number;
  /** Least time between two `placed`. */
  readonly minGapMs: number;
}

/** What a line has settled to. */
export type Settled = Exclude<TriggerEvent, { type: 'lost' }> | { readonly type: 'chatter'; readonly changes: number };

/**
 * Turns a line's raw changes into events; pure, so that every driver bounces alike.
 *
 * `level`: a level counts after `debounceMs` of rest, and its event carries the moment at which the rest began.
 * `removed` is never held back; a `placed` too soon after the last one waits until `minGapMs` is over.
 * `edge_only`: the first rising edge counts at once; later ones only after `debounceMs` without any edge, and `minGapMs`.
 * Changes without rest for `chatterMs` give one `chatter`; when the line rests again, a level is told anew.
 */
export class Debounce {
  readonly #options: DebounceOptions;
  #present = false;
  /** What was told last; `null` = the listener knows nothing (after chatter). */
  #told: boolean | null = false;
  #changedNs: bigint | null = null;
  #restlessNs = 0n;
  #changes = 0;
  #chatter: 'none' | 'due' | 'told' = 'none';
  #pulseNs: bigint | null = null;
  #placedNs: bigint | null = null;
  #refused = 0;

  constructor(options: DebounceOptions) {
    this.#options = options;
  }

  /** Rises that were not taken for a cup. */
  get refused(): number {
    return this.#refused;
  }

  /** The line's raw level changed (or is known for the first time). */
  change(present: boolean, atNs: bigint): void {
    if (present === this.#present) return;
    const rested = this.#changedNs === null || atNs - this.#changedNs >= this.#ns(this.#options.debounceMs);
    this.#present = present;
    this.#changedNs = atNs;
    if (rested) {
      this.#restlessNs = atNs;
      this.#changes = 0;
      this.#chatter = 'none';
    }
    this.#changes++;
    if (this.#options.kind === 'level') {
      // It fell before it was told: a bounce, or a cup that stood there too shortly or too soon.
      if (!present && this.#told !== true) this.#refused++;
    } else if (present) {
      if (rested && this.#gapOver(atNs)) this.#pulseNs = atNs;
      else this.#refused++;
    }
    if (this.#chatter === 'none' && atNs - this.#restlessNs >= this.#ns(chatterMs)) this.#chatter = 'due';
  }

  /** When `settle` will have something to tell if nothing changes before; `null` = nothing is pending. */
  get dueNs(): bigint | null {
    if (this.#changedNs === null) return null;
    if (this.#chatter === 'due') return this.#changedNs;
    if (this.#options.kind === 'edge_only') return this.#pulseNs;
    if (this.#present === this.#told) return null;
    const restNs = this.#changedNs + this.#ns(this.#options.debounceMs);
    if (!this.#present || this.#placedNs === null) return restNs;
    const gapNs = this.#placedNs + this.#ns(this.#options.minGapMs);
    return gapNs > restNs ? gapNs : restNs;
  }

  /** The event that is due by `nowNs`, once. */
  settle(nowNs: bigint): Settled | null {
    const dueNs = this.dueNs;
    if (dueNs === null || nowNs < dueNs || this.#changedNs === null) return null;
    if (this.#chatter === 'due') {
      this.#chatter = 'told';
      this.#told = null;
      return { type: 'chatter', changes: this.#changes };
    }
    if (this.#pulseNs !== null) {
      const atNs = this.#pulseNs;
      this.#pulseNs = null;
      this.#placedNs = atNs;
      return { type: 'placed', atNs };
    }
    this.#told = this.#present;
    if (this.#present) this.#placedNs = this.#changedNs;
    return { type: this.#present ? 'placed' : 'removed', atNs: this.#changedNs };
  }

  #gapOver(atNs: bigint): boolean {
    return this.#placedNs === null || atNs - this.#placedNs >= this.#ns(this.#options.minGapMs);
  }

  #ns(ms: number): bigint {
    return BigInt(Math.round(ms)) * nsPerMs;
  }
}

import type { Trigger, TriggerEvent } from '../../daemon/ports.js';

const nsPerMs = 1_000_000n;

/** A contact that has not rested for so long is broken, not bouncing. */
export const chatterMs = 2000;

export interface DebounceOptions {
  readonly kind: Trigger['kind'];
  /** A level counts once it has rested for so long; edges closer together than this are one edge. */
  readonly debounceMs: number;
  /** `level` only: a cup counts once the level has held for so long, from that moment on. 0 = from its arrival on. */
  readonly dwellMs: number;
  /** Least time between two `placed`. */
  readonly minGapMs: number;
  /** A cup that is there for so long without a change is the sensor's invention. 0 = never. */
  readonly stuckMs: number;
}

/** What a line has settled to. */
export type Settled =
  | Exclude<TriggerEvent, { type: 'lost' }>
  | { readonly type: 'chatter'; readonly changes: number }
  | { readonly type: 'stuck'; readonly sinceNs: bigint };

/**
 * Turns a line's raw changes into events; pure, so that every driver bounces alike.
 *
 * `level`: a level counts after `debounceMs` of rest, and its event carries the moment at which the rest began; a `placed`
 * counts after `dwellMs` where that is longer, and carries the moment at which the dwelling ended.
 * `removed` is never held back; a `placed` too soon after the last one waits until `minGapMs` is over.
 * `edge_only`: the first rising edge counts at once; later ones only after `debounceMs` without any edge, and `minGapMs`.
 * Changes without rest for `chatterMs` give one `chatter`, a presence without change for `stuckMs` one `stuck`. When the
 * line works again, a level is told anew, and `edge_only` tells `found`.
 */
export class Debounce {
  readonly #options: DebounceOptions;
  #present = false;
  /** What was told last; `null` = the listener takes the sensor for lost. */
  #told: boolean | null = false;
  #changedNs: bigint | null = null;
  #restlessNs = 0n;
  #changes = 0;
  #chatter: 'none' | 'due' | 'told' = 'none';
  #stuckTold = false;
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
    this.#stuckTold = false;
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
    const levelNs = this.#levelDueNs(this.#changedNs);
    const stuckNs = this.#stuckDueNs(this.#changedNs);
    if (levelNs === null || stuckNs === null) return levelNs ?? stuckNs;
    return levelNs < stuckNs ? levelNs : stuckNs;
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
    if (this.#stuckDueNs(this.#changedNs) === dueNs) {
      this.#stuckTold = true;
      if (this.#options.kind === 'edge_only') this.#told = null;
      return { type: 'stuck', sinceNs: this.#changedNs };
    }
    return this.#options.kind === 'level' ? this.#tellLevel(this.#changedNs) : this.#tellEdge(this.#changedNs);
  }

  #levelDueNs(changedNs: bigint): bigint | null {
    const restNs = changedNs + this.#ns(this.#options.debounceMs);
    if (this.#options.kind === 'edge_only') {
      return this.#pulseNs ?? (this.#told === null && !this.#present ? restNs : null);
    }
    if (this.#present === this.#told) return null;
    if (!this.#present) return restNs;
    const dwellNs = changedNs + this.#ns(this.#options.dwellMs);
    const gapNs = this.#placedNs === null ? 0n : this.#placedNs + this.#ns(this.#options.minGapMs);
    return [dwellNs, gapNs].reduce((latest, ns) => (ns > latest ? ns : latest), restNs);
  }

  #stuckDueNs(changedNs: bigint): bigint | null {
    const { stuckMs } = this.#options;
    return stuckMs === 0 || !this.#present || this.#stuckTold ? null : changedNs + this.#ns(stuckMs);
  }

  #tellLevel(changedNs: bigint): Settled {
    this.#told = this.#present;
    if (!this.#present) return { type: 'removed', atNs: changedNs };
    this.#placedNs = changedNs + this.#ns(this.#options.dwellMs);
    return { type: 'placed', atNs: this.#placedNs };
  }

  #tellEdge(changedNs: bigint): Settled {
    this.#told = false;
    if (this.#pulseNs === null) return { type: 'found', atNs: changedNs };
    this.#placedNs = this.#pulseNs;
    this.#pulseNs = null;
    return { type: 'placed', atNs: this.#placedNs };
  }

  #gapOver(atNs: bigint): boolean {
    return this.#placedNs === null || atNs - this.#placedNs >= this.#ns(this.#options.minGapMs);
  }

  #ns(ms: number): bigint {
    return BigInt(Math.round(ms)) * nsPerMs;
  }
}

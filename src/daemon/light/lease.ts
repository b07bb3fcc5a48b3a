import type { LightState } from '../ports.js';

const nsPerMs = 1_000_000n;

/** A wish to show a state until a moment; `seq` names it. */
export interface Hold {
  readonly seq: number;
  readonly state: LightState;
  readonly cup: string | null;
  readonly untilNs: bigint;
}

/** Why a hold or its renewal is refused. */
export type Refusal = 'past' | 'too_long' | 'stale' | 'expired';

export type Granted = { readonly hold: Hold } | { readonly refused: Refusal };

/**
 * The rules of the lease, without time or lines of their own. What is refused, expired or dropped leaves nothing held: dark.
 * A renewal prolongs the hold that it names and no other, and never one that has run out:
 * a station that slept through its lease cannot bring the old light back, it must ask for a new one.
 */
export class Lease {
  readonly maxLeaseMs: number;
  #hold: Hold | null = null;
  #lastSeq = 0;

  constructor(maxLeaseMs: number) {
    this.maxLeaseMs = maxLeaseMs;
  }

  /** What the lines have to show at that moment. */
  stateAt(nowNs: bigint): LightState {
    return this.#hold !== null && nowNs < this.#hold.untilNs ? this.#hold.state : 'dark';
  }

  /** When the present hold ends; `null` = nothing is held. */
  get untilNs(): bigint | null {
    return this.#hold?.untilNs ?? null;
  }

  /** A new state in place of the present one. `seq` must be higher than every one before. */
  grant(hold: Hold, nowNs: bigint): Granted {
    if (hold.seq <= this.#lastSeq) return this.#refuse('stale');
    this.#lastSeq = hold.seq;
    return this.#take(hold, nowNs);
  }

  /** Prolongs the present hold. */
  renew(seq: number, untilNs: bigint, nowNs: bigint): Granted {
    if (this.#hold === null) return this.#refuse(seq === this.#lastSeq ? 'expired' : 'stale');
    if (seq !== this.#hold.seq) return this.#refuse('stale');
    if (nowNs >= this.#hold.untilNs) return this.#refuse('expired');
    return this.#take({ ...this.#hold, untilNs }, nowNs);
  }

  /** Ends what is held. */
  drop(): void {
    this.#hold = null;
  }

  #take(hold: Hold, nowNs: bigint): Granted {
    if (hold.untilNs <= nowNs) return this.#refuse('past');
    if (hold.untilNs - nowNs > BigInt(this.maxLeaseMs) * nsPerMs) return this.#refuse('too_long');
    this.#hold = hold;
    return { hold };
  }

  #refuse(refused: Refusal): Granted {
    this.#hold = null;
    return { refused };
  }
}

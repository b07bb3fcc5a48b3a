import { CupcheckError } from '../../errors.js';
import type { ShowableGreen } from '../green.js';
import type { Clock, Light, LightState } from '../ports.js';
import { type Answer, LightConnection } from './connection.js';
import type { ShownCup } from './protocol.js';

const nsPerMs = 1_000_000n;

export interface LightLeaseOptions {
  readonly clock: Clock;
  readonly socketPath: string;
  /** How long the light may go on without a word from this process. */
  readonly leaseMs: number;
  readonly renewMs: number;
  /** Pause before the first attempt to connect again; it doubles up to `maxRetryMs`. */
  readonly retryMs?: number;
  readonly maxRetryMs?: number;
}

interface Wish {
  readonly state: LightState;
  readonly cup: string | null;
}

/**
 * The station's hold on the light process.
 *
 * The lease is renewed from this process's own event loop, so a stopped, dead or stuck process renews nothing.
 * A renewal names the hold that it prolongs: after another state was asked for, no renewal of the one before can be sent,
 * and the light process would refuse it. A green that ran out is over, and so is one whose connection was lost;
 * any other state is shown again by itself, since it can do no harm.
 */
export class LightLease implements Light {
  readonly #options: LightLeaseOptions;
  readonly #lostListeners = new Set<(error: Error) => void>();
  readonly #connectedListeners = new Set<() => void>();
  readonly #closing = new AbortController();
  #connection: LightConnection | null = null;
  #wish: Wish = { state: 'dark', cup: null };
  /** The hold that renewals prolong, and until when it was asked for. */
  #held: { readonly seq: number; readonly untilNs: bigint } | null = null;
  #renewing: NodeJS.Timeout | null = null;

  constructor(options: LightLeaseOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#connection !== null;
  }

  get shows(): LightState | null {
    return this.connected ? this.#wish.state : null;
  }

  /**
   * Connects, and from then on connects again whenever the connection was lost, until `close`.
   * Errors: LIGHT_LOST where the first attempt fails; it goes on trying all the same.
   */
  async start(): Promise<void> {
    this.#renewing = setInterval(() => void this.#renew().catch(toldByOnLost), this.#options.renewMs);
    try {
      await this.#connect();
    } catch (error) {
      void this.#reconnect();
      throw error;
    }
  }

  show(state: Exclude<LightState, 'green'>, cup?: string): Promise<{ readonly atNs: bigint }> {
    return this.#show({ state, cup: cup ?? null });
  }

  showGreen(green: ShowableGreen): Promise<{ readonly atNs: bigint }> {
    return this.#show({ state: 'green', cup: green.cup });
  }

  async recent(): Promise<readonly ShownCup[]> {
    const connection = this.#connected();
    const answer = await connection.send({ type: 'recent' });
    if (answer.type === 'recent') return answer.cups;
    throw this.#unexpected(connection, 'recent', answer);
  }

  onLost(listener: (error: Error) => void): () => void {
    this.#lostListeners.add(listener);
    return () => this.#lostListeners.delete(listener);
  }

  /** Called each time that the connection stands. Returns the unsubscriber. */
  onConnected(listener: () => void): () => void {
    this.#connectedListeners.add(listener);
    return () => this.#connectedListeners.delete(listener);
  }

  /** Takes the light dark and lets go of it. Closing twice is harmless. */
  async close(): Promise<void> {
    this.#lostListeners.clear();
    if (this.#renewing !== null) clearInterval(this.#renewing);
    const closed = new CupcheckError('LIGHT_LOST', 'the station let go of the light');
    this.#closing.abort(closed);
    // Where this fails the closed socket does the same.
    if (this.#connection !== null) await this.show('dark').catch(() => null);
    this.#connection?.end(closed);
  }

  async #show(wish: Wish): Promise<{ readonly atNs: bigint }> {
    this.#wish = wish;
    try {
      const connection = this.#connected();
      const answer = await this.#hold(connection, wish);
      if (answer.type === 'shown') return { atNs: answer.atNs };
      if (answer.type === 'refused' && answer.reason === 'overtaken') {
        throw new CupcheckError('LIGHT_OVERTAKEN', answer.message);
      }
      throw this.#unexpected(connection, wish.state, answer);
    } catch (error) {
      // What belongs to a cup is told as not shown: it must not be shown later.
      if (this.#wish === wish && wish.cup !== null) this.#wish = { state: 'dark', cup: null };
      throw error;
    }
  }

  #hold(connection: LightConnection, wish: Wish): Promise<Answer> {
    const untilNs = this.#untilNs();
    this.#held = { seq: connection.nextSeq, untilNs };
    return connection.send({ type: 'hold', ...wish, untilNs });
  }

  /** Prolongs the present hold; what goes wrong is told by onLost. */
  async #renew(): Promise<void> {
    const connection = this.#connection;
    if (connection === null || this.#held === null) return;
    if (this.#options.clock.nowNs() >= this.#held.untilNs) {
      await this.#ranOut(connection);
      return;
    }
    const untilNs = this.#untilNs();
    const { seq } = this.#held;
    this.#held = { seq, untilNs };
    const answer = await connection.send({ type: 'renew', hold: seq, untilNs });
    // A later hold has made this renewal, and whatever came of it, meaningless.
    if (answer.type === 'renewed' || this.#held?.seq !== seq) return;
    if (answer.type === 'refused' && answer.reason === 'expired') await this.#ranOut(connection);
    else this.#unexpected(connection, 'renew', answer);
  }

  /** The light has gone dark because this process did not renew in time. */
  async #ranOut(connection: LightConnection): Promise<void> {
    if (this.#wish.state !== 'green') {
      await this.#showAgain(connection);
      return;
    }
    const message = `the lease of ${this.#options.leaseMs} ms ran out under a green: this process stood still`;
    connection.end(new CupcheckError('LIGHT_LOST', message));
  }

  async #showAgain(connection: LightConnection): Promise<void> {
    const answer = await this.#hold(connection, this.#wish);
    const overtaken = answer.type === 'refused' && answer.reason === 'overtaken';
    if (answer.type !== 'shown' && !overtaken) this.#unexpected(connection, 'hold', answer);
  }

  #untilNs(): bigint {
    return this.#options.clock.nowNs() + BigInt(this.#options.leaseMs) * nsPerMs;
  }

  #connected(): LightConnection {
    if (this.#connection !== null) return this.#connection;
    throw new CupcheckError('LIGHT_LOST', `no connection to the light process at ${this.#options.socketPath}`);
  }

  /** Ends a connection whose other side refuses what it must not refuse. */
  #unexpected(connection: LightConnection, asked: string, answer: Answer): CupcheckError {
    const what = answer.type === 'refused' ? `${answer.reason}: ${answer.message}` : answer.type;
    const error = new CupcheckError('LIGHT_LOST', `the light process answered ${asked} with ${what}`);
    connection.end(error);
    return error;
  }

  async #connect(): Promise<void> {
    const { socketPath, leaseMs } = this.#options;
    const connection = await LightConnection.open(socketPath, leaseMs, this.#closing.signal);
    if (connection.maxLeaseMs < leaseMs) {
      const message = `the light process allows leases of ${connection.maxLeaseMs} ms, light.leaseMs is ${leaseMs}: restart it`;
      const error = new CupcheckError('LIGHT_LOST', message);
      connection.end(error);
      throw error;
    }
    this.#connection = connection;
    void this.#showAgain(connection).catch(toldByOnLost);
    for (const listener of this.#connectedListeners) listener();
    connection.onLost = (error) => this.#disconnected(error);
  }

  #disconnected(error: CupcheckError): void {
    this.#connection = null;
    this.#held = null;
    if (this.#wish.state === 'green') this.#wish = { state: 'dark', cup: null };
    for (const listener of this.#lostListeners) listener(error);
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    const { clock, retryMs = 50, maxRetryMs = 2000 } = this.#options;
    const signal = this.#closing.signal;
    for (let pauseMs = retryMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, maxRetryMs)) {
      try {
        await clock.until(clock.nowNs() + BigInt(pauseMs) * nsPerMs, signal);
        await this.#connect();
        return;
      } catch (error) {
        // Not there yet, or closing: `connected` tells, and every `show` fails meanwhile.
        if (!(error instanceof CupcheckError)) throw error;
      }
    }
  }
}

/** A request fails only together with its connection, whose end is told to the listeners of onLost. */
const toldByOnLost = (): null => null;

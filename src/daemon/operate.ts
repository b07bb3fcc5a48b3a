import { CupcheckError } from '../errors.js';
import type {
  BundleControl,
  Finding,
  OutboxView,
  SelfTestAnswer,
  Simulation,
  StationControl,
  WatchEvent,
} from './control/station-verbs.js';
import type { SelfTest, SelfTestEvent } from './golden/self-test.js';
import type { OrderBook } from './order-book.js';
import type { Order, OrderRequest } from './orders.js';
import type { Clock, Journal } from './ports.js';
import type { Result } from './result.js';
import { currentCup } from './station/states.js';
import type { Station } from './station/station.js';
import type { StationStatus } from './status.js';

/** What people's and machines' requests act on. */
export interface OperatedStation {
  readonly station: Station;
  readonly orders: OrderBook;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly broker: { readonly enabled: boolean; readonly connected: boolean };
  readonly simulation: Simulation | null;
  readonly bundles: BundleControl;
  readonly selfTest: Pick<SelfTest, 'run' | 'status'>;
  /** A fresh picture of the camera, as a JPEG. */
  readonly frame: (signal: AbortSignal) => Promise<Uint8Array>;
  readonly status: () => Promise<StationStatus>;
  readonly findings: () => Promise<readonly Finding[]>;
}

const nsPerMs = 1_000_000n;
/** Below the time that a request over MQTT may take. */
const selfTestPatienceNs = 45_000n * nsPerMs;

/** What may be asked of a running station, by the control socket and by MQTT alike. Nothing here alters a judgement. */
export class OperateStation implements StationControl {
  readonly #on: OperatedStation;

  constructor(on: OperatedStation) {
    this.#on = on;
  }

  get simulation(): Simulation | null {
    return this.#on.simulation;
  }

  get bundles(): BundleControl {
    return this.#on.bundles;
  }

  status(): Promise<StationStatus> {
    return this.#on.status();
  }

  findings(): Promise<readonly Finding[]> {
    return this.#on.findings();
  }

  async frame(signal: AbortSignal): Promise<Uint8Array> {
    const state = this.#on.station.current;
    if (currentCup(state) !== null && !(state.name === 'showing' && state.lit !== null))
      throw new CupcheckError('STATION_BUSY', `a cup is being judged (${state.name})`);
    return this.#on.frame(signal);
  }

  trigger(tag: string | null, signal: AbortSignal): Promise<Result> {
    const { station, clock } = this.#on;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const unsubscribe = station.onResult((result) => {
        if (result.id !== cup) return;
        unsubscribe();
        resolve(result);
      });
      signal.addEventListener('abort', () => {
        unsubscribe();
        reject(signal.reason as Error);
      });
      const cup = station.place(clock.nowNs(), tag);
    });
  }

  setOrder(request: OrderRequest): Promise<Order> {
    return this.#on.orders.set(request, this.#on.clock.utc());
  }

  async clearOrder(): Promise<boolean> {
    const had = this.#on.orders.current() !== null;
    await this.#on.orders.clear();
    return had;
  }

  order(): Promise<Order | null> {
    return Promise.resolve(this.#on.orders.current());
  }

  async resolve(
    cup: string,
    outcome: 'ok' | 'wrong',
    by: string,
    note: string | null,
  ): Promise<{ seq: number; id: string }> {
    const { journal, orders } = this.#on;
    const resolved = await journal.resolve(cup, outcome, by, note);
    // A cup that a person packed is used up of its order.
    await orders.recount((orderId) => journal.orderUse(orderId));
    return resolved;
  }

  /**
   * Runs the self-test; the answer is the status after it, or after a while where there are many golden pictures: it says `running` then.
   * A station in fault tests itself when its fault is mended: the answer is its status as it is.
   * Errors: STATION_BUSY while a cup is in progress; MODEL_NOT_READY, GOLDEN_INVALID.
   */
  async selfTest(): Promise<StationStatus> {
    const { station, selfTest, clock } = this.#on;
    await this.#testParts();
    if (station.health !== 'ready') return this.#on.status();
    const patience = new AbortController();
    const run = selfTest.run(() => undefined, patience.signal);
    await Promise.race([run, clock.until(clock.nowNs() + selfTestPatienceNs, patience.signal)]).finally(() =>
      patience.abort(new CupcheckError('INTERNAL', 'the answer is given')),
    );
    run.catch(() => undefined);
    return this.#on.status();
  }

  /** The golden pictures, and before them the parts, where no cup is in the station. */
  async runSelfTest(emit: (event: SelfTestEvent) => void, signal: AbortSignal): Promise<SelfTestAnswer> {
    const { station, selfTest } = this.#on;
    let parts: SelfTestAnswer['parts'] = 'cup';
    if (currentCup(station.current) === null) {
      await this.#testParts();
      parts = station.health === 'fault' ? 'fault' : 'answer';
    }
    const report = await selfTest.run(emit, signal);
    return { parts, report, doubt: selfTest.status.doubt };
  }

  /** A frame, a driven light. Errors: STATION_BUSY while a cup is in progress. */
  async #testParts(): Promise<void> {
    const { station } = this.#on;
    if (currentCup(station.current) !== null) {
      throw new CupcheckError('STATION_BUSY', `a cup is in progress (${station.current.name}): no self-test now`);
    }
    station.testItself();
    if (station.current.name === 'self_test') {
      await new Promise<void>((resolve) => {
        const unsubscribe = station.onState((state) => {
          if (state.name === 'self_test') return;
          unsubscribe();
          resolve();
        });
      });
    }
  }

  async outbox(): Promise<OutboxView> {
    return { ...(await this.#on.journal.outbox()), ...this.#on.broker };
  }

  async drainOutbox(timeoutMs: number, signal: AbortSignal): Promise<OutboxView> {
    const { clock, broker } = this.#on;
    if (!broker.enabled) throw new CupcheckError('NOT_SUPPORTED', 'mqtt.enabled is false: nothing empties the outbox');
    const endNs = clock.nowNs() + BigInt(timeoutMs) * nsPerMs;
    for (;;) {
      const view = await this.outbox();
      if (view.waiting === 0 || clock.nowNs() >= endNs) return view;
      await clock.until(clock.nowNs() + 100n * nsPerMs, signal);
    }
  }

  watch(emit: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    const { station } = this.#on;
    const ends = [
      station.onState((state) => emit({ type: 'state', state: state.name, health: station.health })),
      station.onResult((result) => emit({ type: 'result', result })),
    ];
    emit({ type: 'state', state: station.current.name, health: station.health });
    return new Promise((resolve) => {
      signal.addEventListener(
        'abort',
        () => {
          for (const end of ends) end();
          resolve();
        },
        { once: true },
      );
    });
  }
}

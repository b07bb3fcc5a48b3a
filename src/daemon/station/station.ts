import { asCupcheckError } from '../../errors.js';
import type { TriggerEvent } from '../ports.js';
import type { Result } from '../result.js';
import { StationEffects, type StationPorts } from './effects.js';
import {
  currentCup,
  type Fault,
  type FaultSource,
  type StateName,
  type StationEvent,
  type StationState,
} from './states.js';
import { transition } from './transitions.js';

/** One word for the outside: may this station be relied on? */
export type Health = 'starting' | 'ready' | 'fault' | 'draining';

const cannotJudge: ReadonlySet<StateName> = new Set(['starting', 'self_test', 'fault', 'draining']);

/**
 * A station at work: events in, the table's next state, its effects out.
 * The events are taken one after the other; an effect that emits one while another is taken only queues it.
 */
export class Station {
  private state: StationState = { name: 'starting' };
  private readonly queue: StationEvent[] = [];
  private taking = false;
  private notReady = 0;
  private readonly effects: StationEffects;
  private readonly stateListeners = new Set<(state: StationState) => void>();
  private readonly resultListeners = new Set<(result: Result) => void>();

  constructor(private readonly ports: StationPorts) {
    this.effects = new StationEffects(
      ports,
      (event) => this.dispatch(event),
      (cup) => this.state.name === 'showing' && this.state.cup === cup,
      (result) => {
        for (const listener of this.resultListeners) listener(result);
      },
    );
  }

  get current(): StationState {
    return this.state;
  }

  get health(): Health {
    if (this.state.name === 'fault') return 'fault';
    if (this.state.name === 'draining') return 'draining';
    return this.state.name === 'starting' || this.state.name === 'self_test' ? 'starting' : 'ready';
  }

  /** Judgements that came after their cup's verdict was given. */
  get lateJudgements(): number {
    return this.effects.lateJudgements;
  }

  /** Cups that came while the station could not judge: starting, in fault, or ending. */
  get triggersNotReady(): number {
    return this.notReady;
  }

  /** Times that a cup's rows could not be written. */
  get storageFailures(): number {
    return this.effects.storageFailures;
  }

  /** Called with each new state. Returns the unsubscriber. */
  onState(listener: (state: StationState) => void): () => void {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  }

  /** Called with each result, after its `shown` row is on disk. Returns the unsubscriber. */
  onResult(listener: (result: Result) => void): () => void {
    this.resultListeners.add(listener);
    return () => this.resultListeners.delete(listener);
  }

  /** All ports answer: the self-test may begin. */
  started(): void {
    this.dispatch({ type: 'started' });
  }

  /** Runs the self-test where no cup is in progress. */
  testItself(): void {
    this.dispatch({ type: 'self_test_wanted' });
  }

  /** What the sensor says. */
  sensed(event: TriggerEvent): void {
    // A sensor that speaks again works again.
    if (event.type !== 'lost') this.clear('trigger');
    if (event.type === 'placed') this.place(event.atNs, null);
    else if (event.type === 'removed') this.dispatch({ type: 'removed' });
    else if (event.type === 'lost') {
      const { message, help } = asCupcheckError(event.error);
      this.raise({ source: 'trigger', message, help });
    }
  }

  /** A cup is there, by the sensor or by request. Returns the cup's id. */
  place(atNs: bigint, tag: string | null): string {
    const cup = this.effects.open(atNs, tag);
    this.dispatch({ type: 'placed', cup, atNs });
    return cup;
  }

  raise(fault: Fault): void {
    this.dispatch({ type: 'fault_raised', fault });
  }

  clear(source: FaultSource): void {
    this.dispatch({ type: 'fault_cleared', source });
  }

  /** Takes no more cups, ends the one in progress, goes dark. Resolves when all of it is on disk. */
  async drain(): Promise<void> {
    this.dispatch({ type: 'drain' });
    await this.effects.stop();
  }

  private dispatch(event: StationEvent): void {
    this.queue.push(event);
    if (this.taking) return;
    this.taking = true;
    try {
      for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) this.take(next);
    } finally {
      this.taking = false;
    }
  }

  private take(event: StationEvent): void {
    const before = this.state;
    if (event.type === 'placed' && cannotJudge.has(before.name)) this.notReady++;
    const { state, effects } = transition(before, event);
    this.state = state;
    if (state !== before) {
      this.ports.log.debug({ from: before.name, to: state.name, event: event.type, cup: currentCup(state) }, 'state');
      for (const listener of this.stateListeners) listener(state);
    }
    for (const effect of effects) this.effects.run(effect);
  }
}

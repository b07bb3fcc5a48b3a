import type { ReasonGiven } from '../../pipeline/judgement.js';
import { currentCup, type Effect, type Fault, type StateName, type StationEvent, type StationState } from './states.js';

/** The next state, and what is to be done on the way there. */
export interface Step {
  readonly state: StationState;
  readonly effects: readonly Effect[];
}

type EventOf<E extends StationEvent['type']> = Extract<StationEvent, { type: E }>;
type StateOf<S extends StateName> = Extract<StationState, { name: S }>;
type Row<S extends StateName> = {
  readonly [E in StationEvent['type']]?: (state: StateOf<S>, event: EventOf<E>) => Step;
};
type Table = { readonly [S in StateName]: Row<S> };

const to = (state: StationState, ...effects: readonly Effect[]): Step => ({ state, effects });

const removed: ReasonGiven = { reason: 'cup_removed', detail: 'the cup was removed before its verdict' };
const timeout: ReasonGiven = { reason: 'timeout', detail: 'no verdict within the deadline' };
const retrigger: ReasonGiven = { reason: 'retrigger', detail: 'another cup came before the verdict' };

const begin = (event: EventOf<'placed'>, ...before: readonly Effect[]): Step =>
  to({ name: 'triggered', cup: event.cup }, ...before, { do: 'latch', cup: event.cup, atNs: event.atNs });

/** Ends a cup that has no verdict yet: amber, with the reason. */
const give = (cup: string, because: ReasonGiven, gone = false): Step =>
  to({ name: 'showing', cup, lit: null, gone }, { do: 'conclude', cup, because, show: true });

/** A second cup while the first has no verdict: the first is recorded, the second is judged. */
const overtake = (state: { readonly cup: string }, event: EventOf<'placed'>): Step =>
  begin(event, { do: 'conclude', cup: state.cup, because: retrigger, show: false });

const breakDown = (state: StationState, fault: Fault): Step => {
  const cup = currentCup(state);
  const ends: Effect[] = [];
  if (state.name === 'showing') ends.push({ do: 'forget', cup: state.cup });
  else if (cup !== null) {
    const reason =
      fault.source === 'camera' ? 'camera_fault' : fault.source === 'storage' ? 'storage_fault' : 'internal_error';
    ends.push({ do: 'conclude', cup, because: { reason, detail: fault.message }, show: false });
  }
  return to({ name: 'fault', faults: [fault] }, ...ends, { do: 'blink' });
};

/** A cup that comes while the station cannot judge is recorded all the same. */
const refuse = (state: StationState, event: EventOf<'placed'>): Step => {
  const first = state.name === 'fault' ? state.faults[0] : undefined;
  const because: ReasonGiven =
    first?.source === 'camera'
      ? { reason: 'camera_fault', detail: first.message }
      : first?.source === 'storage'
        ? { reason: 'storage_fault', detail: first.message }
        : { reason: 'model_not_ready', detail: first?.message ?? 'the station is starting' };
  return to(
    state,
    { do: 'latch', cup: event.cup, atNs: event.atNs },
    { do: 'conclude', cup: event.cup, because, show: false },
  );
};

/** Takes a shown cup off the light. */
const clear = (cup: string): Step => to({ name: 'ready' }, { do: 'forget', cup }, { do: 'darken' });

/** What every state that works on a cup without a verdict has in common. */
const working = {
  placed: overtake,
  removed: (state: { readonly cup: string }) => give(state.cup, removed, true),
  deadline: (state: { readonly cup: string }) => give(state.cup, timeout),
  failed: (state: { readonly cup: string }, event: EventOf<'failed'>) => give(state.cup, event.because),
};

/**
 * The station as a table: a row a state, a cell an event. What has no cell leaves the state as it is.
 * `fault_raised` and `drain` are the same in every state and stand below.
 */
const table: Table = {
  starting: {
    started: () => to({ name: 'self_test' }, { do: 'self_test' }),
    placed: refuse,
  },
  self_test: {
    self_test_passed: () => to({ name: 'ready' }, { do: 'darken' }),
    placed: refuse,
  },
  ready: {
    placed: (_, event) => begin(event),
    self_test_wanted: () => to({ name: 'self_test' }, { do: 'self_test' }),
  },
  triggered: {
    ...working,
    latched: (state) => to({ name: 'settling', cup: state.cup }, { do: 'settle', cup: state.cup }),
  },
  settling: {
    ...working,
    settled: (state) => to({ name: 'capturing', cup: state.cup }, { do: 'capture', cup: state.cup }),
  },
  capturing: {
    ...working,
    captured: (state) => to({ name: 'judging', cup: state.cup }, { do: 'judge', cup: state.cup }),
  },
  judging: {
    ...working,
    judged: (state) =>
      to(
        { name: 'showing', cup: state.cup, lit: null, gone: false },
        { do: 'conclude', cup: state.cup, because: null, show: true },
      ),
  },
  showing: {
    placed: (state, event) =>
      state.lit === null
        ? begin(event, { do: 'withdraw', cup: state.cup, because: retrigger }, { do: 'darken' })
        : begin(event, { do: 'forget', cup: state.cup }, { do: 'darken' }),
    removed: (state) => {
      if (state.lit === null) return to({ ...state, gone: true }, { do: 'withdraw', cup: state.cup, because: removed });
      if (state.gone) return to(state);
      return clear(state.cup);
    },
    lit: (state, event) => {
      // The cup was taken while its green was on the way to the lines.
      if (state.gone && event.light === 'green') return clear(state.cup);
      return to({ ...state, lit: event.light }, { do: state.gone ? 'linger' : 'watch', cup: state.cup });
    },
    changed: (state) => clear(state.cup),
  },
  fault: {
    fault_cleared: (state, event) => {
      const left = state.faults.filter((fault) => fault.source !== event.source);
      if (left.length > 0) return to({ name: 'fault', faults: left });
      return to({ name: 'self_test' }, { do: 'self_test' });
    },
    placed: refuse,
  },
  draining: {},
};

/**
 * The next state and the effects to run; pure. Events about another cup than the current one change nothing.
 */
export function transition(state: StationState, event: StationEvent): Step {
  if (state.name === 'draining') return to(state);
  if (event.type === 'drain') {
    const cup = currentCup(state);
    const ends: Effect[] =
      state.name === 'showing'
        ? [{ do: 'forget', cup: state.cup }]
        : cup === null
          ? []
          : [
              {
                do: 'conclude',
                cup,
                because: { reason: 'internal_error', detail: 'the station was stopped' },
                show: false,
              },
            ];
    return to({ name: 'draining' }, ...ends, { do: 'darken' });
  }
  if (event.type === 'fault_raised') {
    if (state.name !== 'fault') return breakDown(state, event.fault);
    const others = state.faults.filter((fault) => fault.source !== event.fault.source);
    return to({ name: 'fault', faults: [...others, event.fault] });
  }
  if ('cup' in event && event.type !== 'placed' && event.cup !== currentCup(state)) return to(state);
  const cell = table[state.name][event.type] as ((state: StationState, event: StationEvent) => Step) | undefined;
  return cell === undefined ? to(state) : cell(state, event);
}

import type { ReasonGiven } from '../../pipeline/judgement.js';

/** What can be broken at a station; each is told in `status`, and one suffices for blinking amber. */
export type FaultSource = 'config' | 'bundle' | 'camera' | 'trigger' | 'light' | 'storage' | 'self_test';

export interface Fault {
  readonly source: FaultSource;
  readonly message: string;
  readonly help: string;
}

/** The station's states, in the order in which a cup passes through them. */
export type StationState =
  | { readonly name: 'starting' }
  | { readonly name: 'self_test' }
  | { readonly name: 'ready' }
  /** The order is being latched and the light taken dark. */
  | { readonly name: 'triggered'; readonly cup: string }
  | { readonly name: 'settling'; readonly cup: string }
  | { readonly name: 'capturing'; readonly cup: string }
  | { readonly name: 'judging'; readonly cup: string }
  /** The verdict is there; `lit` is what the lines show of it, `null` until they do. */
  | { readonly name: 'showing'; readonly cup: string; readonly lit: 'green' | 'amber' | null; readonly gone: boolean }
  | { readonly name: 'fault'; readonly faults: readonly Fault[] }
  | { readonly name: 'draining' };

export type StateName = StationState['name'];

/** What happens to a station. Events that name a cup are ignored unless it is the current one. */
export type StationEvent =
  | { readonly type: 'started' }
  | { readonly type: 'self_test_passed' }
  /** Somebody asked for a self-test; heeded between cups only. */
  | { readonly type: 'self_test_wanted' }
  | { readonly type: 'placed'; readonly cup: string; readonly atNs: bigint }
  | { readonly type: 'removed' }
  | { readonly type: 'latched'; readonly cup: string }
  | { readonly type: 'settled'; readonly cup: string }
  | { readonly type: 'captured'; readonly cup: string }
  | { readonly type: 'judged'; readonly cup: string }
  /** The cup cannot be judged, or not in time. */
  | { readonly type: 'failed'; readonly cup: string; readonly because: ReasonGiven }
  | { readonly type: 'deadline'; readonly cup: string }
  | { readonly type: 'lit'; readonly cup: string; readonly light: 'green' | 'amber' }
  /** The picture no longer shows the judged cup, or it has been shown long enough. */
  | { readonly type: 'changed'; readonly cup: string }
  | { readonly type: 'fault_raised'; readonly fault: Fault }
  | { readonly type: 'fault_cleared'; readonly source: FaultSource }
  | { readonly type: 'drain' };

/** What the machine wants done; `effects.ts` does it. */
export type Effect =
  | { readonly do: 'self_test' }
  | { readonly do: 'latch'; readonly cup: string; readonly atNs: bigint }
  | { readonly do: 'settle' | 'capture' | 'judge' | 'watch'; readonly cup: string }
  /** Journal the cup and show it: as judged, or amber because of something else. `show: false` leaves the light to a later cup. */
  | { readonly do: 'conclude'; readonly cup: string; readonly because: ReasonGiven | null; readonly show: boolean }
  /** The cup's verdict may no longer turn the light green. */
  | { readonly do: 'withdraw'; readonly cup: string; readonly because: ReasonGiven }
  /** Show amber for a while, then report `changed`. */
  | { readonly do: 'linger'; readonly cup: string }
  /** Stop watching a cup that was shown. */
  | { readonly do: 'forget'; readonly cup: string }
  | { readonly do: 'darken' | 'blink' };

/** The cup that a state is about. */
export function currentCup(state: StationState): string | null {
  return 'cup' in state ? state.cup : null;
}

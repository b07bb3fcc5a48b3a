import type { Gpio } from '../../native/gpio.js';
import type { Clock, Trigger, TriggerEvent } from '../ports.js';
import { holding, type LoopbackWiring } from './loopback-lines.js';
import { byError, finding, type PartCheck, type PartFinding } from './part-finding.js';
import type { TriggerTap } from './trigger-tap.js';

export interface TriggerLoopbackOptions {
  readonly gpio: Gpio;
  readonly wiring: LoopbackWiring;
  readonly clock: Clock;
  readonly tap: TriggerTap;
  readonly kind: Trigger['kind'];
  /** How long a level must hold to count: `trigger.debounceMs`, or `trigger.dwellMs` where that is longer. */
  readonly holdMs: number;
}

const nsPerMs = 1_000_000n;
/** A sensor's driver looks at its line once a second, where an edge was lost. */
const slackMs = 1500;
const help = 'Look at the sensor’s cable, at trigger.gpio and at the line of selftest.loopback.trigger.';

/**
 * Makes a cup of air: drives a line onto the sensor's input, waits for the arrival, lets go, and waits for the removal. Nothing of it reaches
 * the station. A real cup that comes meanwhile is told to it afterwards.
 */
export function triggerLoopbackCheck({ gpio, wiring, clock, tap, kind, holdMs }: TriggerLoopbackOptions): PartCheck {
  const { trigger: line, settleMs } = wiring;
  if (line === null) {
    const detail = 'not wired: selftest.loopback.trigger is not set';
    return () => Promise.resolve([finding('trigger loop-back', 'absent', detail)]);
  }
  const patienceMs = holdMs + settleMs + slackMs;
  return async (signal) => {
    const seen = new SeenEvents(clock);
    const end = tap.divert(seen.take);
    try {
      return [await holding(gpio, wiring, line, (release) => look(seen, release, { kind, patienceMs, signal }))];
    } catch (thrown) {
      signal.throwIfAborted();
      return [byError('trigger loop-back', thrown)];
    } finally {
      end();
      // It stands there still, or came and was not ours: the station judges it from now on.
      if (seen.present(kind)) tap.arrived(clock.nowNs());
    }
  };
}

async function look(
  seen: SeenEvents,
  release: () => void,
  { kind, patienceMs, signal }: { kind: Trigger['kind']; patienceMs: number; signal: AbortSignal },
): Promise<PartFinding> {
  const came = await seen.until('placed', patienceMs, signal);
  release();
  if (came === null) return finding('trigger loop-back', 'failed', `no cup was told within ${patienceMs} ms`, help);
  const told = `a cup was told after ${came.toFixed(0)} ms`;
  if (kind === 'edge_only') return finding('trigger loop-back', 'ok', told);
  const gone = await seen.until('removed', patienceMs, signal);
  if (gone !== null)
    return finding('trigger loop-back', 'ok', `${told}, and gone ${gone.toFixed(0)} ms after the line let go`);
  const detail = `${told}, and was there still ${patienceMs} ms after the line let go: a real one came, or the line is stuck`;
  return finding('trigger loop-back', 'not_looked', detail);
}

/** Arrivals and removals during the test. */
class SeenEvents {
  readonly #clock: Clock;
  readonly #types: TriggerEvent['type'][] = [];
  #looked = 0;
  #wake: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly take = ({ type }: TriggerEvent): void => {
    this.#types.push(type);
    this.#wake();
  };

  /** A cup that is not ours. */
  present(kind: Trigger['kind']): boolean {
    if (kind === 'level') return this.#types.at(-1) === 'placed';
    return this.#types.filter((type) => type === 'placed').length > 1;
  }

  /** Milliseconds until the next event of that type; `null` where none came in time. */
  async until(type: TriggerEvent['type'], patienceMs: number, signal: AbortSignal): Promise<number | null> {
    const startNs = this.#clock.nowNs();
    const patience = new AbortController();
    const expired = this.#clock
      .until(startNs + BigInt(patienceMs) * nsPerMs, AbortSignal.any([signal, patience.signal]))
      .then(() => true);
    expired.catch(() => undefined);
    try {
      for (;;) {
        const at = this.#types.indexOf(type, this.#looked);
        if (at >= 0) {
          this.#looked = at + 1;
          return Number((this.#clock.nowNs() - startNs) / nsPerMs);
        }
        const woken = new Promise<false>((resolve) => {
          this.#wake = () => resolve(false);
        });
        if (await Promise.race([woken, expired])) return null;
      }
    } finally {
      patience.abort(new Error('it is known'));
    }
  }
}

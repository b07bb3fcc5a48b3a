import type { Gpio } from '../../native/gpio.js';
import type { Clock, Light } from '../ports.js';
import { type LoopbackWiring, readLine } from './loopback-lines.js';
import { byError, finding, type PartCheck, type PartFinding } from './part-finding.js';

export interface LightLoopbackOptions {
  readonly gpio: Gpio;
  readonly wiring: LoopbackWiring;
  readonly clock: Clock;
  readonly light: Pick<Light, 'show'>;
  /** Whether no cup is in the station: a lamp that shows a cup is not played with. */
  readonly isFree: () => boolean;
}

const nsPerMs = 1_000_000n;
const help = 'Look at lamp, driver and cable, and at the lines of selftest.loopback.';

/**
 * Lights amber for a moment and reads back what the lamps' outputs do. Green is never lit without a cup (there is no way to ask for it), so
 * that its line is only seen dark: that it stays on is what must not be.
 */
export function lightLoopbackCheck({ gpio, wiring, clock, light, isFree }: LightLoopbackOptions): PartCheck {
  const { amber, green, settleMs } = wiring;
  if (amber === null && green === null) {
    const detail = 'not wired: selftest.loopback.amber and selftest.loopback.green are not set';
    return () => Promise.resolve([finding('light loop-back', 'absent', detail)]);
  }
  const lamps = [
    { name: 'amber', line: amber },
    { name: 'green', line: green },
  ] as const;
  const wrong = async (state: 'amber' | 'dark', signal: AbortSignal): Promise<string[]> => {
    await light.show(state);
    await clock.until(clock.nowNs() + BigInt(settleMs) * nsPerMs, signal);
    return lamps.flatMap(({ name, line }) => {
      if (line === null) return [];
      const active = readLine(gpio, wiring, line);
      return active === (name === state) ? [] : [`shown ${state}, the line of ${name} reads ${active ? 'on' : 'off'}`];
    });
  };
  const look = async (signal: AbortSignal): Promise<PartFinding> => {
    const found: string[] = [];
    for (const state of ['amber', 'dark'] as const) {
      if (!isFree()) return finding('light loop-back', 'not_looked', 'a cup came meanwhile');
      found.push(...(await wrong(state, signal)));
    }
    if (!isFree()) return finding('light loop-back', 'not_looked', 'a cup came meanwhile');
    if (found.length > 0) return finding('light loop-back', 'failed', found.join('; '), help);
    const read = lamps.flatMap(({ name, line }) => (line === null ? [] : [name]));
    const missing = lamps.flatMap(({ name, line }) => (line === null ? [`${name} is not wired`] : []));
    const seen = `${read.join(' and ')} as shown, amber and dark`;
    return finding('light loop-back', 'ok', [seen, ...missing, 'green is not lit without a cup'].join('; '));
  };
  return async (signal) => {
    try {
      return [await look(signal)];
    } catch (thrown) {
      signal.throwIfAborted();
      return [byError('light loop-back', thrown)];
    } finally {
      if (isFree()) await light.show('dark').catch(() => null);
    }
  };
}

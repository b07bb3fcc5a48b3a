import type { Gpio } from '../../native/gpio.js';
import type { Glance } from '../../pipeline/glance.js';
import type { Clock } from '../ports.js';
import { holding, type LoopbackWiring } from './loopback-lines.js';
import { byError, finding, type PartCheck } from './part-finding.js';

export interface DarkFrameOptions {
  readonly gpio: Gpio;
  readonly wiring: LoopbackWiring;
  readonly clock: Clock;
  /** A fresh look of the camera. Errors: those of the camera. */
  readonly glance: (signal: AbortSignal) => Promise<Pick<Glance, 'exposure'>>;
}

const nsPerMs = 1_000_000n;
/** So much of the light may come from elsewhere; half of it is as much as a lamp may lose before cups are amber. */
const STRAY = 0.15;
const TOO_MUCH_STRAY = 0.5;
/** A luma in linear light. */
const lightOf = ({ exposure }: Pick<Glance, 'exposure'>): number => (exposure.luma / 255) ** 2.2;

/** What the camera sees with the station's own light away: what is left comes from elsewhere, or the lamp was not what was seen. */
export function darkFrameCheck({ gpio, wiring, clock, glance }: DarkFrameOptions): PartCheck {
  const { illumination, settleMs } = wiring;
  if (illumination === null) {
    const detail =
      'not wired: no line of the station switches its illumination (selftest.loopback.illumination is not set)';
    return () => Promise.resolve([finding('dark frame', 'absent', detail)]);
  }
  return async (signal) => {
    try {
      const lit = await glance(signal);
      const dark = await holding(gpio, wiring, illumination, async () => {
        await clock.until(clock.nowNs() + BigInt(settleMs) * nsPerMs, signal);
        return glance(signal);
      });
      const share = lightOf(dark) / Math.max(lightOf(lit), Number.MIN_VALUE);
      const lumas = `mean ${dark.exposure.luma.toFixed(0)} of 255, lit ${lit.exposure.luma.toFixed(0)}`;
      const detail = `${(share * 100).toFixed(0)} % of the light stays without the station’s own (${lumas})`;
      if (share <= STRAY) return [finding('dark frame', 'ok', detail)];
      const help = 'Keep daylight out, and look whether the line really switches the illumination.';
      return [finding('dark frame', share > TOO_MUCH_STRAY ? 'failed' : 'warn', detail, help)];
    } catch (thrown) {
      signal.throwIfAborted();
      return [byError('dark frame', thrown)];
    }
  };
}

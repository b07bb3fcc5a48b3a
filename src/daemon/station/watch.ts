import type { Logger } from 'pino';
import { asCupcheckError } from '../../errors.js';
import type { Camera, Clock, CupJudge } from '../ports.js';
import { freshFrame } from './capture.js';
import type { Cup } from './cup.js';

const nsPerMs = 1_000_000n;

export interface WatchOptions {
  /** Pause between two looks, ms. */
  readonly watchMs: number;
  readonly frameTimeoutMs: number;
  /** How long a verdict is shown where nothing else ends it, ms. */
  readonly showMs: number;
  /** True where a sensor tells of the cup's removal. */
  readonly presenceKnown: boolean;
}

export interface WatchPorts {
  readonly camera: Camera;
  readonly judge: CupJudge;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Why a shown cup is no longer shown; `null` when the watch was ended from outside. */
export type WatchEnd = 'changed' | 'over' | 'unseen' | null;

/**
 * Compares the camera's picture with the judged one for as long as a cup is shown.
 * Resolves when the picture changed, cannot be seen any more, or `showMs` is over (only without a presence sensor).
 */
export async function watchCup(
  cup: Cup,
  light: 'green' | 'amber',
  ports: WatchPorts,
  options: WatchOptions,
): Promise<WatchEnd> {
  const { clock } = ports;
  const signal = cup.watch.signal;
  const endNs = clock.nowNs() + BigInt(options.showMs) * nsPerMs;
  // An amber on the light of a station with a sensor stays until the sensor speaks: nothing could be gained by looking.
  if (light === 'amber' && options.presenceKnown) return null;
  while (!signal.aborted) {
    if (!options.presenceKnown && clock.nowNs() >= endNs) return 'over';
    const pauseNs = clock.nowNs() + BigInt(options.watchMs) * nsPerMs;
    const end = cup.judgement === null ? 'same' : await look(cup, ports, options.frameTimeoutMs);
    if (signal.aborted) return null;
    // An amber that cannot be compared any more is still an amber.
    if (end === 'changed' || (end === 'unseen' && light === 'green')) return end;
    await clock.until(pauseNs, signal).catch(() => null);
  }
  return null;
}

async function look(cup: Cup, ports: WatchPorts, frameTimeoutMs: number): Promise<'same' | 'changed' | 'unseen'> {
  const signal = cup.watch.signal;
  try {
    const frame = await freshFrame(ports.camera, ports.clock, ports.clock.nowNs(), frameTimeoutMs, signal);
    try {
      const { same } = await ports.judge.compare(cup.id, frame, signal);
      return same ? 'same' : 'changed';
    } finally {
      frame.release();
    }
  } catch (thrown) {
    // A cup that cannot be compared any more must not stay green, whatever the error was.
    if (!signal.aborted) ports.log.warn({ err: asCupcheckError(thrown) }, 'the shown cup cannot be compared');
    return 'unseen';
  }
}

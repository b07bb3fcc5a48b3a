import type { Station } from '../station/station.js';
import { finding, type PartCheck, type PartFinding } from './part-finding.js';

/** Some parts, and whether the station is so that they can be looked at. */
export interface StationLook {
  readonly check: PartCheck;
  readonly isClear: () => boolean;
}

/**
 * Looks at every part of the station, one after the other, in a moment that is clear for one of them at least: without a cup. In fault it looks
 * at nothing, since the fault says more. What was seen while a cup came is not relied on.
 */
export function checkStation(looks: readonly StationLook[], station: Pick<Station, 'current' | 'onState'>): PartCheck {
  const isClear = () => looks.some((look) => look.isClear());
  return async (signal) => {
    await untilClear(station, isClear, signal);
    const found: PartFinding[] = [];
    for (const look of looks) {
      if (!look.isClear()) continue;
      const parts = await look.check(signal);
      found.push(...(look.isClear() ? parts : parts.map(unreliable)));
    }
    return found;
  };
}

const unreliable = (seen: PartFinding): PartFinding =>
  seen.state === 'absent' ? seen : finding(seen.part, 'not_looked', 'a cup came meanwhile');

/** Resolves in a clear moment, or where none will come by itself. Errors: the signal's reason. */
function untilClear(
  station: Pick<Station, 'current' | 'onState'>,
  isClear: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const isOver = () => isClear() || station.current.name === 'fault' || station.current.name === 'draining';
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    if (isOver()) return resolve();
    const abort = (): void => {
      unsubscribe();
      reject(signal.reason as Error);
    };
    const unsubscribe = station.onState(() => {
      // The state's own effects come first, and its result with them.
      queueMicrotask(() => {
        if (!isOver()) return;
        unsubscribe();
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
    signal.addEventListener('abort', abort, { once: true });
  });
}

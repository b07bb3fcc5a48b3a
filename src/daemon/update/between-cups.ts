import { currentCup } from '../station/states.js';
import type { Station } from '../station/station.js';

/** Runs `act` at a moment when no cup is in progress, nor shown: at once, or when the present one is over. */
export type BetweenCups = (act: () => void, signal: AbortSignal) => Promise<void>;

/** The moments between the cups of a station. The promise rejects with the signal's reason, and with what `act` throws. */
export function betweenCupsOf(station: Pick<Station, 'current' | 'onState'>): BetweenCups {
  const isFree = () => currentCup(station.current) === null;
  return (act, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      if (isFree()) {
        act();
        return resolve();
      }
      let over = false;
      const end = (): boolean => {
        if (over) return false;
        over = true;
        unsubscribe();
        signal.removeEventListener('abort', abort);
        return true;
      };
      const abort = (): void => {
        if (end()) reject(signal.reason as Error);
      };
      const look = (): void => {
        if (!isFree() || !end()) return;
        try {
          act();
          resolve();
        } catch (thrown) {
          reject(thrown);
        }
      };
      // The state's own effects come first: they conclude the cup that made way.
      const unsubscribe = station.onState(() => queueMicrotask(look));
      signal.addEventListener('abort', abort, { once: true });
    });
}

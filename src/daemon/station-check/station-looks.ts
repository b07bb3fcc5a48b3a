import type { Gpio } from '../../native/gpio.js';
import { loadCalibration } from '../../pipeline/bundle/load-calibration.js';
import { glanceAtJpegAside } from '../../pipeline/glance.js';
import type { Config } from '../config/schema.js';
import { inferSettings } from '../from-config.js';
import type { Clock, Light } from '../ports.js';
import type { Result } from '../result.js';
import type { Station } from '../station/station.js';
import type { StationLook } from './check-station.js';
import { compareAside } from './compare-aside.js';
import { darkFrameCheck } from './dark-frame.js';
import { emptyStationCheck } from './empty-station.js';
import { lightLoopbackCheck } from './light-loopback.js';
import { triggerLoopbackCheck } from './trigger-loopback.js';
import type { TriggerTap } from './trigger-tap.js';

export interface StationLooksOptions {
  readonly config: Config;
  readonly station: Pick<Station, 'current'>;
  readonly gpio: Gpio;
  readonly clock: Clock;
  readonly light: Pick<Light, 'show'>;
  readonly tap: TriggerTap;
  readonly frame: (signal: AbortSignal) => Promise<Uint8Array>;
  readonly lastResult: () => Result | null;
}

/** What the self-test looks at, as the config wires it. */
export function stationLooks(options: StationLooksOptions): StationLook[] {
  const { config, station, gpio, clock, light, tap, frame, lastResult } = options;
  const { calibration, trigger } = config;
  const wiring = config.selftest.loopback;
  const isFree = () => station.current.name === 'ready';
  /** The sensor takes an empty cup for a cup, and the station knows better by now. */
  const isEmptyCupShown = () => {
    const { current } = station;
    const last = lastResult();
    if (current.name !== 'showing' || current.lit !== 'amber' || last?.id !== current.cup) return false;
    return last.reasons.some(({ reason }) => reason === 'empty_cup');
  };
  const view = emptyStationCheck({
    calibration: async () => (calibration.path === null ? null : loadCalibration(calibration.path)),
    frame,
    compare: (pictures, signal) => compareAside(pictures, signal),
    zone: inferSettings(config).code?.zone ?? null,
  });
  const glance = async (signal: AbortSignal) => glanceAtJpegAside(await frame(signal));
  const holdMs = Math.max(trigger.debounceMs, trigger.dwellMs);
  return [
    { check: view, isClear: () => isFree() || isEmptyCupShown() },
    { check: darkFrameCheck({ gpio, wiring, clock, glance }), isClear: isFree },
    { check: triggerLoopbackCheck({ gpio, wiring, clock, tap, kind: trigger.kind, holdMs }), isClear: isFree },
    { check: lightLoopbackCheck({ gpio, wiring, clock, light, isFree }), isClear: isFree },
  ];
}

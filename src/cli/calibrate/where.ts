import { calibrateOffline } from '../../daemon/bundles/change-offline.js';
import type { Config } from '../../daemon/config/schema.js';
import { stationOrOffline } from '../bundle/station-or-offline.js';
import type { Cli } from '../cli.js';
import { calibrationAt, type CalibrationPlace, stationCalibrationPlace } from './calibration-place.js';

/** Where the station keeps its calibration: the file that the config names, else its own. */
export function calibrationPlace(cli: Cli, config: Config): CalibrationPlace {
  const { path } = config.calibration;
  if (path !== null) return calibrationAt(path);
  return stationCalibrationPlace(config, (calibration) =>
    stationOrOffline(
      () => cli.ask('calibration.use', { calibration }),
      () => calibrateOffline(config, calibration, new Date()),
    ),
  );
}

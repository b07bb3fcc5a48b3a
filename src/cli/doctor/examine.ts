import type { LoadedConfig } from '../../daemon/config/load.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { powerMode, temperature } from './board.js';
import { brokerAddress } from './broker.js';
import { devices, groupOfUser } from './devices.js';
import { checked, fail, ok } from './finding.js';
import { journal } from './journal.js';
import { clockSync, diskSpace, nativeAddon, nodeVersion } from './machine.js';
import { calibration } from './calibration.js';
import { camera } from './camera.js';
import { gallery } from './gallery.js';
import { drift } from './drift.js';
import { bundle } from './model.js';
import { providers } from './providers.js';
import { sizes } from './sizes.js';
import { askedStation } from './station.js';

/** Looks at everything that a station needs, with one running or without. One failed check does not stop the others. */
export async function examine(loaded: LoadedConfig): Promise<Finding[]> {
  const { control } = loaded.ok ? loaded.config : loaded.partial;
  const machine = [
    nodeVersion(),
    ...(await checked('native addon', nativeAddon)),
    ...(await checked('clock', clockSync)),
    ...(await checked('temperature', temperature)),
    ...(await checked('power mode', powerMode)),
  ];
  const station = await askedStation(control.socket);
  if (!loaded.ok) {
    const problems = loaded.problems.map((problem) => fail('config', problem.message, problem.help));
    return [...machine, ...problems, ...station.findings];
  }
  const { config, file } = loaded;
  const where = file.found ? file.path : `no file at ${file.path}: defaults hold`;
  return [
    ...machine,
    ok('config', where),
    ...(await checked('group', () => groupOfUser(config))),
    ...(await checked('devices', () => devices(config))),
    ...(await checked('camera', () => camera(config, station.status))),
    ...(await checked('providers', () => providers(config))),
    ...(await checked('bundle', () => bundle(config))),
    ...(await checked('gallery', () => gallery(config))),
    ...(await checked('calibration', () => calibration(config))),
    ...(await checked('sizes', () => sizes(config))),
    ...(await checked('disk', () => diskSpace(config))),
    ...(await checked('journal', () => journal(config))),
    ...(await checked('broker address', () => brokerAddress(config))),
    ...station.findings,
    // Without a station, or a picture of it, its own findings have said so; a second one of the same would only hide others.
    ...(station.status?.camera.state === 'streaming' ? await checked('camera', () => drift(config)) : []),
  ];
}

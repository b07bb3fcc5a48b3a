import { type Installed, installBundle } from '../../daemon/bundles/store.js';
import { readTrust } from '../../daemon/bundles/trusted-keys.js';
import type { Config } from '../../daemon/config/schema.js';
import { trustSettings } from '../../daemon/config/trust-settings.js';
import { orInterrupted } from '../interrupt.js';
import type { Terminal } from '../terminal.js';
import { withArchive } from './open-bundle.js';

/** Puts the bundle of an archive into the station's store; Ctrl-C leaves nothing of it. Errors: as `installBundle`, BUNDLE_MISSING, KEY_INVALID. */
export async function installArchive(
  path: string,
  config: Pick<Config, 'bundle'>,
  terminal: Terminal,
): Promise<Installed> {
  const { store } = config.bundle;
  const trust = await readTrust(trustSettings(config, store));
  return await orInterrupted(
    (signal) => withArchive(path, terminal, signal, (bytes) => installBundle(bytes, store, trust)),
    () => terminal.err('Interrupted: nothing was installed.'),
  );
}

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, freemem, loadavg, machine, release, totalmem, uptime, version } from 'node:os';
import { dirname, join } from 'node:path';
import { judgingPlace } from '../../daemon/bundles/judging-bundle.js';
import { readTrust } from '../../daemon/bundles/trusted-keys.js';
import type { LoadedConfig } from '../../daemon/config/load.js';
import { asCupcheckError } from '../../errors.js';
import { ownVersion } from '../../pipeline/bundle/own-version.js';
import { readSignedManifest } from '../../pipeline/bundle/read-manifest.js';
import { identityOf } from '../bundle/bundle-lines.js';
import { SystemRoot } from '../system-root.js';

/** The version in the package.json of a dependency; read as a file, so that nothing of it is loaded. */
function installedVersion(name: string): string | null {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const folder of folders) {
    try {
      const text = readFileSync(join(folder, name, 'package.json'), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return null;
}

async function judgingBundle(loaded: LoadedConfig): Promise<object> {
  if (!loaded.ok) return { unknown: 'the config does not hold' };
  try {
    const { folder } = await judgingPlace(loaded.config);
    const trust = await readTrust({ folder: loaded.config.bundle.trusted, allowUnsigned: true });
    return { folder, ...identityOf(await readSignedManifest(folder, trust)) };
  } catch (thrown) {
    return { unknown: asCupcheckError(thrown).message };
  }
}

/** What runs here, and on what. */
export async function versions(loaded: LoadedConfig, root = new SystemRoot()): Promise<object> {
  const system = (await root.text('etc/os-release')) ?? '';
  return {
    cupcheck: ownVersion(),
    program: dirname(process.argv[1] ?? ''),
    node: process.version,
    onnxruntime: installedVersion('onnxruntime-node'),
    kernel: `${release()} ${version()} ${machine()}`,
    system: /^PRETTY_NAME="?([^"\n]*)/m.exec(system)?.[1] ?? null,
    // The device tree ends its texts with a zero byte.
    board: (await root.text('proc/device-tree/model'))?.replaceAll('\0', '') ?? null,
    cores: availableParallelism(),
    memory: { total: totalmem(), free: freemem() },
    load: loadavg(),
    uptime_s: Math.round(uptime()),
    bundle: await judgingBundle(loaded),
  };
}

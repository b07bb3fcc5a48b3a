import type { Logger } from 'pino';
import { asCupcheckError } from '../errors.js';
import { assembleStation, type RunningStation } from './assemble.js';
import { brokenStation } from './broken-station.js';
import { type LoadedConfig, loadConfig } from './config/load.js';
import { type Notifier, sdNotifier } from './health/sd-notify.js';
import { openLog } from './logger.js';
import { version } from './report-status.js';

export interface RunOptions {
  /** Default: CUPCHECK_CONFIG, else /etc/cupcheck/config.yaml. */
  readonly configPath: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Assignments `key=value` from the command line. */
  readonly set?: readonly string[];
  /** Another program as the judging process. Tests name a judging process of their own; nothing else may. */
  readonly inferEntry?: string;
}

type Stoppable = Pick<RunningStation, 'close' | 'alive'>;

/**
 * Runs a station until SIGTERM, SIGINT or SIGHUP. A station whose config is wrong, or whose parts cannot be built, does not
 * judge: it stays up in `fault`, so that `status`, MQTT and the blinking light can tell.
 * @returns the exit status
 */
export async function runStation(options: RunOptions): Promise<0> {
  const stopped = whenStopped();
  const loaded = loadConfig(options.configPath, options.env, options.set);
  const log = openLog(loaded.ok ? loaded.config : loaded.partial);
  log.info({ version, config: loaded.file.path, found: loaded.file.found }, 'cupcheck starts');
  const station = await open(loaded, log, options.inferEntry);
  // Also in fault: the socket answers, and a restart would mend nothing.
  const systemd = sdNotifier({
    env: options.env,
    onError: (error) => log.warn({ err: error }, 'systemd was not told'),
  });
  systemd.ready();
  const petting = keepPetting(station, systemd);
  const signal = await stopped;
  log.info({ signal }, 'cupcheck stops');
  systemd.stopping();
  await station.close();
  clearInterval(petting);
  return 0;
}

async function open(loaded: LoadedConfig, log: Logger, inferEntry: string | undefined): Promise<Stoppable> {
  if (!loaded.ok) {
    for (const problem of loaded.problems) log.error({ err: problem }, 'the config is wrong');
    return brokenStation(loaded.partial, 'config', loaded.problems, log);
  }
  try {
    return await assembleStation(loaded.config, loaded.sha256, log, inferEntry);
  } catch (thrown) {
    const error = asCupcheckError(thrown);
    log.error({ err: error }, 'the station cannot be built');
    // Another station holds the socket: this one must not disturb it, not even to say so.
    if (error.code === 'ALREADY_RUNNING') throw error;
    return brokenStation(loaded.config, error.code.startsWith('CONFIG') ? 'config' : 'storage', [error], log);
  }
}

/** Pets systemd's watchdog from this event loop, and only while the station is alive: a stuck loop is restarted. */
function keepPetting(station: Stoppable, systemd: Notifier): NodeJS.Timeout | undefined {
  if (systemd.watchdogMs === null) return undefined;
  return setInterval(() => {
    if (station.alive()) systemd.watchdog();
  }, systemd.watchdogMs);
}

function whenStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve(signal));
  });
}

import { type ChildProcess, spawn } from 'node:child_process';

/** Longer than systemd takes to read a message, shorter than any watchdog. */
const sendMs = 2000;
/** The manual of sd_watchdog_enabled(3) advises to pet at half of the time. */
const petsPerTime = 2;
const longestStatus = 200;

export interface Notifier {
  /** How often to call `watchdog`; `null` where systemd does not watch this process. */
  readonly watchdogMs: number | null;
  /** The control socket answers: the unit counts as started. */
  ready(): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  watchdog(): void;
  stopping(): void;
}

export interface NotifierOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly pid?: number;
  readonly program?: string;
  /** Called with what went wrong, once a failure until it goes well again. */
  readonly onError: (error: Error) => void;
}

/**
 * Tells systemd how this service is, through the program `systemd-notify`, because Node has no datagram sockets of the UNIX family
 * (docs/decisions/0020). The unit needs NotifyAccess=all. Without NOTIFY_SOCKET, as on a terminal, every call does nothing.
 * Messages go one at a time; what is told while one is under way is sent together after it, the newest of each kind.
 */
export function sdNotifier({ env, pid = process.pid, program = 'systemd-notify', onError }: NotifierOptions): Notifier {
  const watched = env['WATCHDOG_PID'] === undefined || env['WATCHDOG_PID'] === String(pid);
  const watchdogUs = Number(env['WATCHDOG_USEC'] ?? 0);
  const told = new Map<string, string>();
  let sending: ChildProcess | null = null;
  let broken = false;

  const ended = (failure: string | null): void => {
    sending = null;
    if (failure !== null && !broken) onError(new Error(`${program}: ${failure}`));
    broken = failure !== null;
    next();
  };
  const next = (): void => {
    if (sending !== null || told.size === 0) return;
    const fields = [...told].map(([key, value]) => `${key}=${value}`);
    told.clear();
    const child = spawn(program, fields, { stdio: 'ignore', env, timeout: sendMs, killSignal: 'SIGKILL' });
    sending = child;
    child.once('error', (error) => {
      if (child.pid === undefined) ended(error.message);
    });
    child.once('exit', (code, signal) => ended(code === 0 ? null : (signal ?? `exit code ${String(code)}`)));
  };
  const tell = (key: string, value: string): void => {
    if (!env['NOTIFY_SOCKET']) return;
    told.set(key, value);
    next();
  };

  return {
    watchdogMs:
      env['NOTIFY_SOCKET'] && watched && Number.isSafeInteger(watchdogUs) && watchdogUs > 0
        ? watchdogUs / 1000 / petsPerTime
        : null,
    ready: () => tell('READY', '1'),
    status: (text) => tell('STATUS', text.replaceAll(/\s+/g, ' ').slice(0, longestStatus)),
    watchdog: () => tell('WATCHDOG', '1'),
    stopping: () => tell('STOPPING', '1'),
  };
}

import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { GpioLines } from '../../hw/light/gpio-lines.js';
import { LampLines } from '../../hw/light/lamp-lines.js';
import { MemoryLines } from '../../hw/light/memory-lines.js';
import { TerminalLines } from '../../hw/light/terminal-lines.js';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { sdNotifier } from '../health/sd-notify.js';
import { leadsToJournal, logLevels, priorityMark } from '../journal-priority.js';
import type { LightLines } from '../ports.js';
import { systemClock } from '../system-clock.js';
import { LightServer } from './server.js';

export interface RunLightOptions {
  readonly configPath: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Assignments `key=value` from the command line. */
  readonly set?: readonly string[];
}

/**
 * The light process. It ends at SIGTERM, SIGINT or SIGHUP, and when the parent that forked it is gone; then the lines are dark.
 * A parent with an IPC channel is sent `ready`.
 * @returns exit code: 0 ended as asked, 4 the lines or the socket cannot be had
 */
export async function runLight(options: RunLightOptions): Promise<0 | 4> {
  const loaded = loadConfig(options.configPath, options.env, options.set);
  // A station whose config is wrong still has to blink: the light needs its own section alone.
  const light = loaded.ok ? loaded.config.light : loaded.partial.light;
  try {
    const broken = (error: CupcheckError): void => {
      report(error);
      // The lines are dark, or their guard drives them dark; a new process may find them whole.
      process.exit(4);
    };
    const server = new LightServer({
      lines: await openLines(light, broken),
      clock: systemClock,
      socketPath: light.socket,
      maxLeaseMs: light.leaseMs,
      log,
      onBroken: broken,
    });
    await mkdir(dirname(light.socket), { recursive: true });
    await server.start();
    process.send?.('ready');
    const systemd = sdNotifier({ env: options.env, onError: (error) => log(`systemd was not told: ${error.message}`) });
    systemd.ready();
    // A process that hangs keeps its lines as they are: systemd kills it, and the kernel lets go of them.
    const petting = systemd.watchdogMs === null ? undefined : setInterval(() => systemd.watchdog(), systemd.watchdogMs);
    await asked();
    clearInterval(petting);
    systemd.stopping();
    await server.stop();
    return 0;
  } catch (error) {
    report(asCupcheckError(error));
    return 4;
  }
}

async function openLines(light: Config['light'], onLost: (error: CupcheckError) => void): Promise<LightLines> {
  if (light.driver === 'terminal') return new TerminalLines(process.stdout);
  if (light.driver === 'memory') return new MemoryLines({ clock: systemClock, path: light.memory.path });
  if (light.driver === 'gpiochip')
    return LampLines.open(() => GpioLines.take({ ...light.gpio, patienceMs: light.leaseMs }), onLost);
  const { green, amber, activeLow } = light.sysfs;
  if (green === null || amber === null)
    throw new CupcheckError('CONFIG_INVALID', 'light.driver sysfs needs light.sysfs.green and light.sysfs.amber');
  // Loaded here alone: its addon is of no use to other drivers, and must not keep them from starting.
  const { SysfsLines } = await import('../../hw/light/sysfs-lines.js');
  return LampLines.open(async () => new SysfsLines({ green, amber, activeLow }), onLost);
}

/** Resolves when somebody wants this process to end. */
function asked(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve).once('SIGINT', resolve).once('SIGHUP', resolve).once('disconnect', resolve);
  });
}

function report(error: CupcheckError): void {
  log(`${error.message} ${error.help}`, logLevels.error);
}

function log(message: string, level: number = logLevels.info): void {
  const mark = leadsToJournal(process.env, process.stderr.fd) ? priorityMark(level) : '';
  process.stderr.write(`${mark}light: ${message}\n`);
}

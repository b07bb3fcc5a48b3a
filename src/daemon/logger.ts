import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config/schema.js';

/** Core's log, on standard error: JSON lines for journald, or lines for people. */
export function openLog(config: Pick<Config, 'log'>): Logger {
  const { level, pretty: forPeople } = config.log;
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!forPeople) return pino(options, pino.destination({ dest: 2, sync: true }));
  return pino(options, pretty({ destination: 2, sync: true, colorize: process.stderr.isTTY, ignore: 'pid,hostname' }));
}

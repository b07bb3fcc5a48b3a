import { type DestinationStream, pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config/schema.js';
import { leadsToJournal, priorityMark } from './journal-priority.js';

const stderr = 2;

/** Core's log, on standard error: JSON lines, each with its priority where systemd's journal reads them, or lines for people. */
export function openLog(config: Pick<Config, 'log'>): Logger {
  const { level, pretty: forPeople } = config.log;
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!forPeople) {
    const lines = pino.destination({ dest: stderr, sync: true });
    return pino(options, leadsToJournal(process.env, stderr) ? marked(lines) : lines);
  }
  return pino(
    options,
    pretty({ destination: stderr, sync: true, colorize: process.stderr.isTTY, ignore: 'pid,hostname' }),
  );
}

/** Writes each line to `sink` behind the mark of its priority. */
export function marked(sink: DestinationStream): DestinationStream {
  return {
    // pino leaves the level of the line in `lastLevel` of a destination that asks for it so.
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write(line: string) {
      sink.write(priorityMark(this.lastLevel) + line);
    },
  } as DestinationStream & { lastLevel: number };
}

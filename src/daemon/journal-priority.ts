import { fstatSync } from 'node:fs';

/** Whether `fd` is the stream that systemd names in JOURNAL_STREAM, "device:inode"; source: systemd.exec(5). */
export function leadsToJournal(env: NodeJS.ProcessEnv, fd: number): boolean {
  const { dev, ino } = fstatSync(fd);
  return env['JOURNAL_STREAM'] === `${String(dev)}:${String(ino)}`;
}

/** The levels of pino. */
export const logLevels = { fatal: 60, error: 50, warn: 40, info: 30 } as const;

/** From the gravest on, with the priorities of syslog(3), which `journalctl --priority` knows. */
const priorities = [
  [logLevels.fatal, 2],
  [logLevels.error, 3],
  [logLevels.warn, 4],
  [logLevels.info, 6],
] as const;
const debugging = 7;

/** The mark of a line's priority, which the journal reads and takes off; source: sd-daemon(3). */
export function priorityMark(level: number): string {
  const found = priorities.find(([least]) => level >= least);
  return `<${String(found?.[1] ?? debugging)}>`;
}

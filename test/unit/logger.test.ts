import { fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { leadsToJournal } from '../../src/daemon/journal-priority.js';
import { marked } from '../../src/daemon/logger.js';

describe('the log in the journal of systemd', () => {
  it('marks each line with its priority, and leaves the line as it is', () => {
    const lines: string[] = [];
    const log = pino({ level: 'trace', base: null, timestamp: false }, marked({ write: (line) => lines.push(line) }));
    log.fatal('a');
    log.error('b');
    log.warn('c');
    log.child({ cup: '7' }).info('d');
    log.debug('e');
    log.trace('f');
    expect(lines.map((line) => line.slice(0, 3))).toEqual(['<2>', '<3>', '<4>', '<6>', '<7>', '<7>']);
    expect(lines[3]).toBe('<6>{"level":30,"cup":"7","msg":"d"}\n');
  });

  it('knows the stream that systemd names, and no other', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cupcheck-log-'));
    const fd = openSync(join(folder, 'journal'), 'w');
    const { dev, ino } = fstatSync(fd);
    expect(leadsToJournal({ JOURNAL_STREAM: `${dev}:${ino}` }, fd)).toBe(true);
    expect(leadsToJournal({ JOURNAL_STREAM: `${dev}:${ino + 1}` }, fd)).toBe(false);
    expect(leadsToJournal({}, fd)).toBe(false);
    rmSync(folder, { recursive: true });
  });
});

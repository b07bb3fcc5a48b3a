import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MemoryLines } from '../../../src/hw/light/memory-lines.js';
import { TerminalLines } from '../../../src/hw/light/terminal-lines.js';
import { ManualClock } from '../../fixtures/fake-station.js';

const text = (isTTY: boolean) => {
  const written: string[] = [];
  const stream = new Writable({ write: (chunk: Buffer, _, done) => (written.push(chunk.toString()), done()) });
  return { stream: Object.assign(stream, { isTTY }), written };
};
const escape = String.fromCharCode(27);

describe('memory lines', () => {
  it('appends each change, with its moment, for other processes to read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lines-'));
    try {
      const clock = new ManualClock();
      const path = join(folder, 'light.jsonl');
      const lines = new MemoryLines({ clock, path });
      await lines.set('green');
      await clock.advance(5);
      await lines.close();
      const read = readFileSync(path, 'utf8').trim().split('\n');
      expect(read).toEqual(['{"state":"green","atNs":"1000000000"}', '{"state":"dark","atNs":"1005000000"}']);
      expect(lines.transitions.map(({ state }) => state)).toEqual(['green', 'dark']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says LIGHT_LOST where the change cannot be written, and did not show it', async () => {
    const lines = new MemoryLines({ clock: new ManualClock(), path: '/nowhere/light.jsonl' });
    await expect(lines.set('green')).rejects.toMatchObject({ code: 'LIGHT_LOST' });
    expect(lines.state).toBe('dark');
  });
});

describe('terminal lines', () => {
  it('rewrites one coloured line on a terminal', async () => {
    const { stream, written } = text(true);
    const lines = new TerminalLines(stream);
    await lines.set('green');
    expect(written).toEqual([`\r${escape}[2K${escape}[42;30m      ${escape}[0m GREEN`]);
  });

  it('writes plain lines into a pipe', async () => {
    const { stream, written } = text(false);
    const lines = new TerminalLines(stream);
    await lines.set('amber');
    await lines.set('dark');
    expect(written).toEqual(['light: amber\n', 'light: dark\n']);
  });

  it('says LIGHT_LOST where nobody reads any more', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const lines = new TerminalLines(stream);
    await expect(lines.set('green')).rejects.toMatchObject({ code: 'LIGHT_LOST' });
  });
});

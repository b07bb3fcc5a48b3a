import stringWidth from 'string-width';
import { afterEach, describe, expect, it } from 'vitest';
import { formatPicture } from '../../../src/cli/judge.js';
import type { JudgementDocument } from '../../../src/cli/judgement-document.js';
import { fields, sizeText, table, textColumns, wrap } from '../../../src/cli/layout.js';
import { Redraw } from '../../../src/cli/redraw.js';
import { commandHelps } from '../../../src/cli/reference/cli-reference.js';
import { runCli } from '../../../src/cli/program.js';
import { statusLines } from '../../../src/cli/status-lines.js';
import type { StationStatus } from '../../../src/daemon/status.js';

const before = process.stdout.columns;
const setColumns = (columns: number) => Object.assign(process.stdout, { columns });
afterEach(() => setColumns(before));

const plain = { out: () => {}, err: () => {}, colour: false };
const status = {
  station: 'presse-größe-3',
  version: '0.1.0',
  health: 'fault',
  state: 'fault',
  faults: [{ source: 'camera', message: '相機 不 見 了 '.repeat(12).trim(), help: 'Plug it in again.' }],
  mode: 'confirm',
  uptime_s: 10,
  light: { connected: true, shows: 'fault' },
  camera: { driver: 'replay', state: 'gone', newest_frame_age_ms: 4 },
  trigger: { driver: 'scripted', kind: 'level' },
  judge: {
    ready: true,
    provider: 'cpu',
    fallback: null,
    precision: { used: 'fp32', because: null },
    engine: { used: null, because: null },
    bundle: { name: 'first', version: '1.0.0', sha256: 'a'.repeat(64) },
    designs: 66,
    covered: 66,
    trial_until: null,
  },
  selftest: null,
  broker: { enabled: true, connected: false, waiting: 12, stuck: null },
  order: {
    id: 'b'.repeat(36),
    design: 'harbour-2021',
    count: 5,
    cups: 3,
    used: 1,
    expires: '2026-11-24T18:00:00.000Z',
  },
  last: null,
  cups: { green: 1, amber: 2, late_judgements: 3 },
  statistics: null,
} as unknown as StationStatus;
const judged = {
  image: 'pictures/of/a/folder/harbour-2021-with-a-long-name.jpg',
  verdict: 'amber',
  design: 'harbour-2021',
  reasons: [
    { reason: 'mixed_designs', detail: 'item 3 like Harbour crown 2022 among the others, which are 2021 each' },
  ],
  warnings: ['uncalibrated', 'no_reference', 'pooled_bound', 'single_frame', 'no_count'],
  score: -0.748,
  threshold: 0.02,
  items: [{}, {}],
  ms: { detect: 1422 },
} as unknown as JudgementDocument;

const fits = (lines: readonly string[], columns: number, longestWord = 0) => {
  for (const line of lines) expect(stringWidth(line), line).toBeLessThanOrEqual(Math.max(columns, longestWord));
};

describe('text', () => {
  it.each([80, 60])('fits %i columns as they are seen, wide characters too', (columns) => {
    setColumns(columns);
    fits(statusLines(status, plain), columns);
    // A file name is a word: it stays whole, so that it can be copied.
    fits(formatPicture(judged, plain), columns, 60);
  });

  it('takes no more than 80 columns of a wide terminal, 80 of a pipe, and goes on in one that is narrower than 40', () => {
    expect([200, 80, 40, 20, 0].map((columns) => (setColumns(columns), textColumns()))).toEqual([80, 80, 40, 40, 80]);
    setColumns(20);
    expect(wrap('a word after a word', 38)).toEqual(['a', 'word', 'after', 'a', 'word']);
    expect(fields([['label', 'a text that is longer than what is there']]).length).toBeGreaterThan(1);
  });

  it('keeps columns under each other where characters are wide', () => {
    expect(
      table([
        ['相機', '1'],
        ['b', '22'],
      ]),
    ).toEqual(['相機   1', 'b     22']);
  });

  it('of every help fits 80 columns', () => {
    for (const { name, help } of commandHelps(true))
      for (const line of (help.split('Examples:')[0] ?? '').split('\n'))
        expect(stringWidth(line), `${name}: ${line}`).toBeLessThanOrEqual(80);
  });

  it.each(['doctor', 'config check', 'config show', 'judge nothing.jpg', 'status', 'journal tail', 'order set x'])(
    'of "%s" fits 80 columns but for words that are longer',
    async (verb) => {
      const lines: string[] = [];
      const take = (line: string) => void lines.push(...line.split('\n'));
      await runCli(verb.split(' '), { out: take, err: take, colour: false }, { CUPCHECK_STATE_PATH: '/tmp/x' });
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines.filter((line) => !line.startsWith('#') && line.trim().includes(' ')))
        expect(stringWidth(line), line).toBeLessThanOrEqual(80);
    },
  );
});

describe('colours', () => {
  it('are left out with --no-color, on both streams', async () => {
    const said: string[] = [];
    const take = (line: string) => void said.push(line);
    const coloured = { out: take, err: take, colour: true, errColour: true };
    const env = { CUPCHECK_CONTROL_SOCKET: '/tmp/no/such.sock' };
    await runCli(['status'], coloured, env);
    expect(said.join('')).toContain('\u001b[31m');
    said.length = 0;
    await runCli(['--no-color', 'status'], coloured, env);
    await runCli(['doctor', '--no-color'], coloured, env);
    expect(said.join('')).not.toContain('\u001b');
  });
});

describe('lines that are drawn again', () => {
  it('go back over what they took, broken lines too, and never more than the screen holds', () => {
    const written: string[] = [];
    const redraw = new Redraw({ write: (text) => void written.push(text), columns: 10, rows: 5 });
    redraw.draw(['one', 'twelve letters']);
    redraw.draw(['1', '2', '3', '4', '5', '6']);
    redraw.draw(['end']);
    expect(written).toEqual([
      '\r\u001b[Jone\ntwelve letters\n',
      '\u001b[3A\r\u001b[J1\n2\n3\n4\n',
      '\u001b[4A\r\u001b[Jend\n',
    ]);
  });
});

it('says a size in kilobytes, from a million bytes on in megabytes', () => {
  expect([0, 2_400, 999_900, 1_000_000, 27_341_000].map(sizeText)).toEqual([
    '0.0 kB',
    '2.4 kB',
    '999.9 kB',
    '1.0 MB',
    '27.3 MB',
  ]);
});

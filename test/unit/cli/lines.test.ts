import { describe, expect, it } from 'vitest';
import { resultLine, resultLines } from '../../../src/cli/result-lines.js';
import { duration, statusLine, statusLines } from '../../../src/cli/status-lines.js';
import type { Result } from '../../../src/daemon/result.js';
import type { StationStatus } from '../../../src/daemon/status.js';

const plain = { out: () => {}, err: () => {}, colour: false };
const coloured = { ...plain, colour: true };

const why = [
  { reason: 'mixed_designs', detail: 'a Peace dollar lies among the Morgan dollars, third from the left' },
  { reason: 'count_mismatch', detail: '11 of 12' },
  { reason: 'crop_too_small', detail: '4.1 px per mm, 4.5 are needed' },
];
const result = {
  seq: 41,
  verdict: 'amber',
  reasons: why,
  warnings: ['uncalibrated'],
  design: 'Morgan',
  order: { id: 'A-1', design: 'Morgan', count: 12, cup_no: 3 },
  score: 0.1234,
  threshold: 0.05,
  evidence: { bound: 0.027, confidence: 0.95 },
  shown: { light: 'amber', at_ns: '1' },
  count: { seen: 11, expected: 12 },
  ms: { total: 312.4 },
  bundle: { name: 'first', version: '1.0.0', sha256: '' },
  provider: 'cpu',
  time: { utc: '2026-11-24T01:02:03.123Z' },
} as unknown as Result;

const status: StationStatus = {
  station: 'press-3',
  version: '0.1.0',
  session: 'a',
  health: 'fault',
  state: 'fault',
  faults: [{ source: 'camera', message: 'the camera is unplugged', help: 'Plug it in again.' }],
  mode: 'confirm',
  uptime_s: 10_000,
  light: { connected: true, shows: 'fault' },
  camera: { driver: 'replay', state: 'gone', newest_frame_age_ms: 4000 },
  trigger: { driver: '', kind: '' },
  judge: {
    ready: true,
    provider: 'cpu',
    fallback: null,
    precision: { used: 'fp32', because: null },
    engine: { used: null, because: null },
    bundle: { name: 'first', version: '1.0.0', sha256: 'abcdef' },
    designs: 24,
    covered: 12,
    trial_until: null,
  },
  selftest: {
    pictures: 12,
    running: false,
    doubt: null,
    last: {
      at: '2026-11-24T08:00:00.000Z',
      outcome: 'passed',
      pictures: 12,
      failures: 0,
      failed: [],
      parts: [],
      by: { name: 'first', version: '1.0.0', bundle: 'abcdef', gallery: 'b', provider: 'cpu' },
    },
  },
  broker: { enabled: true, connected: false, waiting: 12, stuck: null },
  order: { id: 'A-1', design: 'harbour-2021', count: 12, cups: 40, used: 40, expires: '2026-11-24T18:00:00.000Z' },
  last: null,
  cups: { green: 120, amber: 7, late_judgements: 1 },
  statistics: null,
};

const statistics: NonNullable<StationStatus['statistics']> = {
  since: '2026-11-01T08:00:00.000Z',
  starts: 9,
  cups: { green: 120_400, amber: 5712, not_shown: 3 },
  ambers: [
    { reason: 'count_mismatch', cups: 3100 },
    { reason: 'mixed_designs', cups: 1200 },
    { reason: 'unexplained', cups: 700 },
    { reason: 'blur', cups: 600 },
    { reason: 'no_order', cups: 500 },
  ],
  found: { green_ok: 2, green_wrong: 1, amber_ok: 40, amber_wrong: 12 },
  missed: { retriggered: 3, not_ready: 0, chatter: 12 },
  late_judgements: 0,
  storage_failures: 0,
  stages: [{ stage: 'total', cups: 126_112, p50_ms: 312, p95_ms: 340, p99_ms: 360, max_ms: 1512.2 }],
  results: { delivered: 126_100, refused: 0, connects: 12 },
  camera: { frames: 1e6, missed: 40 },
  infer_restarts: 0,
  pictures: { written: 6000, dropped: 0, pruned: 0 },
};

describe('a result', () => {
  it('names every reason, and what a green would rest on, within 80 columns', () => {
    const lines = resultLines(result, plain);
    expect(lines[0]).toBe('AMBER  cup 41  312 ms');
    expect(lines).toContain('  count_mismatch: 11 of 12');
    expect(lines).toContain('  score     0.123, threshold 0.050, P(green | bad cup) ≤ 0.027 at 95 %');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('on one line keeps its columns, reasons below each other', () => {
    expect(resultLine(result, plain)).toEqual([
      '    41  2026-11-24T01:02:03Z  amber   312 ms  mixed_designs, count_mismatch,',
      '                                              crop_too_small',
    ]);
    const green = { ...result, seq: 123_456, verdict: 'green', ms: { total: 87 } } as unknown as Result;
    expect(resultLine(green, plain)).toEqual(['123456  2026-11-24T01:02:03Z  green    87 ms  Morgan']);
  });

  it('is coloured on a terminal alone', () => {
    expect(resultLine(result, coloured)[0]).toContain('\u001b[33mamber\u001b[0m');
  });
});

describe('the status', () => {
  const text = statusLines(status, plain);

  it('begins with the station, its health, and what to do about each fault', () => {
    expect(text.slice(0, 3)).toEqual([
      'press-3: fault  (cupcheck 0.1.0, up 2 h 46 min)',
      '  camera fault: the camera is unplugged',
      '    Plug it in again.',
    ]);
  });

  it('tells light, devices, model, broker, order and cups', () => {
    expect(text.slice(3)).toEqual([
      'light     amber, blinking',
      'state     fault, mode confirm',
      'model     first 1.0.0 (abcdef) on cpu, 12 of 24 designs covered',
      'selftest  passed at 2026-11-24 08:00 UTC, 12 golden pictures',
      'camera    replay, gone, newest frame 4000 ms old',
      'trigger   unknown',
      'broker    NOT REACHED, 12 wait in the outbox',
      'order     harbour-2021, 12 a cup, used up, until 2026-11-24T18:00:00.000Z (A-1)',
      'last cup  none since the start',
      'cups      120 green, 7 amber since the start, 1 judged too late',
    ]);
  });

  it('tells what was counted over all starts, within 80 columns', () => {
    const counted = statusLines({ ...status, statistics }, plain);
    expect(counted.slice(-6)).toEqual([
      'in all    120400 green, 5712 amber since 2026-11-01',
      'ambers    3100 count_mismatch, 1200 mixed_designs, 700 unexplained, 2 other',
      '          reasons',
      'found     1 GREEN WRONG; of the ambers 40 right, 12 wrong',
      'missed    3 retriggered, 12 chatter',
      'to light  312 ms p50, 340 ms p95, 360 ms p99, 1512 ms longest',
    ]);
    for (const line of counted) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('says loudly that another provider than the first wanted serves, and why', () => {
    const judge = { ...status.judge, fallback: 'tensorrt: this build of ONNX Runtime does not hold it' };
    expect(
      statusLines({ ...status, judge }, plain)
        .join(' ')
        .replace(/\s+/g, ' '),
    ).toContain('on cpu, 12 of 24 designs covered; FELL BACK, tensorrt: this build of ONNX Runtime does not hold it');
  });

  it('tells which result the broker refuses, and how many wait behind it', () => {
    const stuck = { seq: 41, tries: 7, message: 'the broker refused cupcheck/x/result with reason code 0x87' };
    const lines = statusLines({ ...status, broker: { enabled: true, connected: true, waiting: 12, stuck } }, plain);
    const at = lines.findIndex((line) => line.startsWith('broker'));
    expect(lines.slice(at, at + 2)).toEqual([
      'broker    STUCK at cup 41, tried 7 times: the broker refused cupcheck/x/result',
      '          with reason code 0x87; 12 wait in the outbox',
    ]);
  });

  it('on one line is for a log: when, health, faults, light, cups, what waits', () => {
    const at = new Date('2026-11-28T19:00:00.123Z');
    expect(statusLine(status, at, plain)).toEqual([
      '2026-11-28T19:00:00Z  fault     camera fault, fault, amber, blinking, 120 green,',
      '                                7 amber, 12 wait',
    ]);
    expect(statusLine({ ...status, health: 'ready', state: 'ready', faults: [] }, at, coloured)[0]).toContain(
      '2026-11-28T19:00:00Z  \u001b[32mready   \u001b[0m  ready, amber, blinking',
    );
  });

  it.each([
    [59, '59 s'],
    [3599, '59 min'],
    [90_000, '1 d 1 h'],
  ])('%d s up is %s', (seconds, words) => expect(duration(seconds)).toBe(words));
});

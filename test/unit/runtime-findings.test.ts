import { expect, it } from 'vitest';
import { type RuntimeFacts, runtimeFindings } from '../../src/daemon/runtime-findings.js';
import type { StationStatus } from '../../src/daemon/status.js';

const statistics = { found: { green_wrong: 0 }, camera: { frames: 1000, missed: 10 } } as StationStatus['statistics'];
const broker = { enabled: true, connected: true, waiting: 0, stuck: null };
const status = {
  broker,
  judge: { provider: 'cpu', fallback: null, engine: null, trial_until: null },
  selftest: null,
  statistics,
} as StationStatus;
const well: RuntimeFacts = {
  status,
  metricsError: null,
  metricsPort: 9477,
  picturesDropped: 0,
  inferRestarts: 0,
  storageFailures: 0,
  sensorMissed: 0,
  throttled: null,
  unproven: null,
  framesDamaged: 10,
};

it('finds nothing where all is well, and where a station has no statistics', () => {
  expect(runtimeFindings(well)).toEqual([]);
  expect(runtimeFindings({ ...well, status: { ...status, statistics: null } })).toEqual([]);
});

const stuck = { seq: 41, tries: 7, message: 'refused with 0x87' };
const wrong = { ...statistics, found: { green_wrong: 1 } } as StationStatus['statistics'];
const gaps = { ...statistics, camera: { frames: 1000, missed: 11 } } as StationStatus['statistics'];

it.each<[string, 'warn' | 'fail', Partial<RuntimeFacts>]>([
  ['latency', 'fail', { unproven: 'the latency of the camera is not measured' }],
  ['broken frames', 'warn', { framesDamaged: 11 }],
  ['outbox', 'fail', { status: { ...status, broker: { ...broker, stuck } } }],
  ['outbox', 'fail', { status: { ...status, broker: { ...broker, stuck: { ...stuck, seq: null } } } }],
  ['metrics', 'fail', { metricsError: 'listen EADDRINUSE' }],
  ['false greens', 'fail', { status: { ...status, statistics: wrong } }],
  [
    'self-test',
    'fail',
    { status: { ...status, selftest: { pictures: 1, running: false, doubt: 'it failed', last: null } } },
  ],
  ['trial', 'warn', { status: { ...status, judge: { ...status.judge, trial_until: '2030-01-01T00:00:00Z' } } }],
  ['provider', 'warn', { status: { ...status, judge: { ...status.judge, fallback: 'cuda: not held' } } }],
  [
    'engine',
    'warn',
    { status: { ...status, judge: { ...status.judge, engine: { used: null, because: 'it is damaged' } } } },
  ],
  ['judging process', 'warn', { inferRestarts: 1 }],
  ['rows', 'fail', { storageFailures: 1 }],
  ['pictures', 'warn', { picturesDropped: 1 }],
  ['frames', 'warn', { status: { ...status, statistics: gaps } }],
  ['sensor', 'warn', { sensorMissed: 1 }],
  ['heat', 'warn', { throttled: true }],
])('%s: %s, with what to do', (check, state, change) => {
  expect(runtimeFindings({ ...well, ...change })).toEqual([
    { check, state, detail: expect.stringMatching(/./) as string, help: expect.stringMatching(/./) as string },
  ]);
});

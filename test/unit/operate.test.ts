import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OperateStation } from '../../src/daemon/operate.js';
import type { SelfTestReport } from '../../src/daemon/golden/self-test-report.js';
import { Station } from '../../src/daemon/station/station.js';
import type { StationStatus } from '../../src/daemon/status.js';
import { type FakeStation, fakeStation } from '../fixtures/fake-station.js';

let folder: string;
let fake: FakeStation;
let station: Station;
let operate: OperateStation;

const selfTest = {
  run: (): Promise<SelfTestReport> => Promise.resolve({ outcome: 'no_pictures' } as SelfTestReport),
  status: { pictures: 0, running: false, doubt: null, last: null },
};
const none = () => Promise.reject(new Error('this test has no bundles'));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-operate-'));
  fake = fakeStation(folder);
  station = new Station(fake.ports);
  operate = new OperateStation({
    station,
    orders: fake.ports.orders,
    journal: fake.journal,
    clock: fake.clock,
    broker: { enabled: false, connected: false },
    simulation: null,
    bundles: { activate: none, serve: none, calibrate: none, commit: none, rollback: none },
    selfTest,
    frame: () => Promise.reject(new Error('this test takes no picture')),
    status: () => Promise.resolve({ state: station.current.name } as StationStatus),
    findings: () => Promise.resolve([]),
  });
  station.started();
  await fake.clock.advance(100);
});
afterEach(async () => {
  const drained = station.drain();
  await fake.clock.advance(20_000);
  await drained;
  rmSync(folder, { recursive: true });
});

it('answers a self-test with the status after it', async () => {
  const passed = operate.selfTest();
  expect(station.current.name).toBe('self_test');
  await fake.clock.advance(100);
  expect(await passed).toEqual({ state: 'ready' });
  fake.judge.info = null;
  const failed = operate.selfTest();
  await fake.clock.advance(100);
  expect(await failed).toEqual({ state: 'fault' });
});

it('refuses a self-test while a cup is in progress, and leaves the cup alone', async () => {
  station.place(fake.clock.nowNs(), null);
  await expect(operate.selfTest()).rejects.toMatchObject({ code: 'STATION_BUSY' });
  await fake.clock.advance(500);
  expect(fake.journal.results).toHaveLength(1);
});

it('counts the cups that come while the station cannot judge', async () => {
  station.raise({ source: 'camera', message: 'gone', help: '' });
  station.place(fake.clock.nowNs(), null);
  await fake.clock.advance(500);
  expect(station.triggersNotReady).toBe(1);
  expect(fake.journal.results).toHaveLength(1);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Station } from '../../../src/daemon/station/station.js';
import { CupcheckError } from '../../../src/errors.js';
import { type FakeStation, fakeStation, green } from '../../fixtures/fake-station.js';

let folder: string;
let fake: FakeStation;
let station: Station;

async function begin(presenceKnown = true): Promise<void> {
  fake = fakeStation(folder, presenceKnown);
  station = new Station(fake.ports);
  station.started();
  await fake.clock.advance(50);
  expect(station.health).toBe('ready');
  fake.light.shown.length = 0;
}

const place = (): string => station.place(fake.clock.nowNs(), null);
const reasons = (index = 0): string[] => (fake.journal.results[index]?.reasons ?? []).map((given) => given.reason);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-station-'));
  await begin();
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a good cup', () => {
  it('is green, on frames exposed after the trigger and the settling time', async () => {
    const triggerNs = fake.clock.nowNs();
    place();
    await fake.clock.advance(500);
    expect(fake.light.shown).toEqual(['green']);
    const [result] = fake.journal.results;
    expect(result).toMatchObject({ verdict: 'green', shown: { light: 'green' }, reasons: [] });
    expect(BigInt(result?.time.frame_ns ?? 0)).toBeGreaterThan(triggerNs + 100_000_000n);
    expect(result?.shown.at_ns).not.toBeNull();
  });

  it('goes dark when the picture changes, though no sensor spoke', async () => {
    place();
    await fake.clock.advance(500);
    fake.judge.same = false;
    await fake.clock.advance(200);
    expect(fake.light.shown).toEqual(['green', 'dark']);
  });

  it('goes dark when the camera stops while it is green', async () => {
    place();
    await fake.clock.advance(500);
    fake.camera.mode = 'silent';
    await fake.clock.advance(1000);
    expect(fake.light.shown).toEqual(['green', 'dark']);
  });

  it('goes dark after showMs at a station without a presence sensor', async () => {
    await begin(false);
    place();
    await fake.clock.advance(2000);
    expect(fake.light.shown).toEqual(['green']);
    await fake.clock.advance(1000);
    expect(fake.light.shown).toEqual(['green', 'dark']);
  });

  it('gives every frame back', async () => {
    place();
    await fake.clock.advance(500);
    station.sensed({ type: 'removed', atNs: fake.clock.nowNs() });
    await fake.clock.advance(500);
    expect(fake.camera.held).toBe(0);
  });
});

describe('a cup that cannot be green', () => {
  it('is seen by a camera whose latency is not measured: amber stale_frame, and it is said why', async () => {
    fake.camera.unproven = 'the latency of the camera is not measured';
    place();
    await fake.clock.advance(500);
    expect(fake.light.shown).toEqual(['amber']);
    expect(reasons()).toEqual(['stale_frame']);
    expect(fake.journal.results[0]?.reasons[0]?.detail).toContain('latency of the camera is not measured');
    expect(fake.journal.results[0]?.time.frame_ns).toBeNull();
    expect(fake.camera.held).toBe(0);
  });

  it('whose station tested itself with such a camera is not a fault of the station', async () => {
    fake = fakeStation(folder);
    fake.camera.unproven = 'the latency of the camera is not measured';
    station = new Station(fake.ports);
    station.started();
    await fake.clock.advance(50);
    expect(station.health).toBe('ready');
  });

  it('has moved before the light: amber cup_removed', async () => {
    fake.judge.same = false;
    place();
    await fake.clock.advance(500);
    expect(fake.light.shown).toEqual(['amber']);
    expect(reasons()).toEqual(['cup_removed']);
  });

  it('is taken away while its row is written: amber, and the result says so', async () => {
    fake.journal.commit = () => fake.clock.until(fake.clock.nowNs() + 200_000_000n, new AbortController().signal);
    place();
    await fake.clock.advance(200);
    station.sensed({ type: 'removed', atNs: fake.clock.nowNs() });
    await fake.clock.advance(300);
    expect(fake.light.shown).toEqual(['amber']);
    expect(fake.journal.drafts[0]?.verdict).toBe('green');
    // Greens are not kept here, ambers are: the picture is kept for what was shown.
    expect(fake.journal.drafts[0]?.image).toBeNull();
    expect(fake.journal.results[0]?.image).toEqual({ sha256: 'x', path: 'amber.jpg' });
    expect(fake.journal.results[0]).toMatchObject({ verdict: 'amber', shown: { light: 'amber' } });
    expect(reasons()).toEqual(['cup_removed']);
  });

  it('is drawn for an audit: amber, though every item was confirmed', async () => {
    fake.audits.share = 1;
    place();
    await fake.clock.advance(500);
    expect(fake.light.shown).toEqual(['amber']);
    expect(reasons()).toEqual(['audit']);
  });

  it('is not vouched for by the self-test: amber selftest_overdue, and says why', async () => {
    fake.doubts.detail = 'the self-test failed: cup 41';
    place();
    await fake.clock.advance(500);
    expect(fake.light.shown).toEqual(['amber']);
    expect(fake.journal.results[0]?.reasons).toEqual([
      { reason: 'selftest_overdue', detail: 'the self-test failed: cup 41' },
    ]);
  });

  it('has a row that is not on disk by the deadline: amber storage_fault', async () => {
    fake.journal.commit = () => fake.clock.until(fake.clock.nowNs() + 5_000_000_000n, new AbortController().signal);
    place();
    await fake.clock.advance(1100);
    expect(fake.light.shown).toEqual(['amber']);
    await fake.clock.advance(6000);
    expect(reasons()).toEqual(['storage_fault']);
  });

  it('has a row that the disk refuses: blinking, and no green', async () => {
    fake.journal.commit = () => Promise.reject(new CupcheckError('STORAGE_FAULT', 'disk full'));
    place();
    await fake.clock.advance(500);
    expect(fake.light.shown).toEqual(['fault']);
    expect(station.health).toBe('fault');
    fake.journal.commit = () => Promise.resolve();
    await fake.clock.advance(3000);
    expect(station.health).toBe('ready');
  });

  it.each([
    ['frozen', 'stale_frame'],
    ['silent', 'no_frame'],
  ] as const)('stands before a %s camera: amber %s', async (mode, reason) => {
    fake.camera.mode = mode;
    place();
    await fake.clock.advance(900);
    expect(fake.light.shown).toEqual(['amber']);
    expect(reasons()).toEqual([reason]);
  });

  it('is told where its bundle is not signed, also without a judgement', async () => {
    fake.judge.info = fake.judge.info && { ...fake.judge.info, signedBy: null };
    fake.judge.answer = () => Promise.reject(new CupcheckError('INFER_FAILED', 'no'));
    place();
    await fake.clock.advance(500);
    expect(fake.journal.results[0]).toMatchObject({ verdict: 'amber', warnings: ['unsigned_bundle'] });
  });

  it('gets its judgement after the deadline: amber timeout, and the late judgement changes nothing', async () => {
    fake.judge.answer = async (request) => {
      await fake.clock.until(fake.clock.nowNs() + 3_000_000_000n, new AbortController().signal);
      return green(request);
    };
    place();
    await fake.clock.advance(1000);
    expect(fake.light.shown).toEqual(['amber']);
    await fake.clock.advance(5000);
    expect(fake.light.shown).toEqual(['amber']);
    expect(reasons()).toEqual(['timeout']);
    expect(fake.journal.results).toHaveLength(1);
    expect(station.lateJudgements).toBe(1);
    expect(fake.camera.held).toBe(0);
  });

  it('loses its judge: amber internal_error, and the next cup is judged', async () => {
    fake.judge.answer = () => Promise.reject(new CupcheckError('INFER_CRASHED', 'killed'));
    place();
    await fake.clock.advance(500);
    expect(reasons()).toEqual(['internal_error']);
    fake.judge.answer = (request) => Promise.resolve(green(request));
    place();
    await fake.clock.advance(500);
    expect(fake.journal.results[1]?.verdict).toBe('green');
  });
});

describe('two cups', () => {
  it('the first without a verdict is recorded as retrigger, the second is judged and shown', async () => {
    const first = place();
    await fake.clock.advance(120);
    const second = place();
    await fake.clock.advance(600);
    expect(fake.journal.results.map((result) => [result.id, result.verdict])).toEqual([
      [first, 'amber'],
      [second, 'green'],
    ]);
    expect(reasons()).toEqual(['retrigger']);
    expect(fake.light.shown).toEqual(['green']);
  });
});

describe('an order', () => {
  const request = { design: 'a', count: 3, cups: 1, expires: null, id: 'o1' };

  it('is latched at the trigger: a later one counts from the next cup on', async () => {
    await fake.ports.orders.set(request, fake.clock.utc());
    place();
    await fake.ports.orders.set({ ...request, id: 'o2' }, fake.clock.utc());
    await fake.clock.advance(500);
    expect(fake.journal.results[0]?.order).toMatchObject({ id: 'o1', cup_no: 1 });
  });

  it('is used up by its green cups, and not by ambers', async () => {
    await fake.ports.orders.set(request, fake.clock.utc());
    fake.judge.same = false;
    place();
    await fake.clock.advance(500);
    fake.judge.same = true;
    place();
    await fake.clock.advance(500);
    place();
    await fake.clock.advance(500);
    expect(fake.journal.results.map((result) => result.order?.cup_no ?? null)).toEqual([1, 1, null]);
  });
});

it('a light that is lost is a fault, and the cup is never called shown', async () => {
  fake.light.lost = true;
  place();
  await fake.clock.advance(500);
  expect(station.health).toBe('fault');
  expect(fake.journal.results).toMatchObject([{ verdict: 'amber', shown: { light: 'not_shown', at_ns: null } }]);
});

it('a stop ends the cup in progress, on disk, and goes dark', async () => {
  place();
  await fake.clock.advance(120);
  await station.drain();
  expect(fake.journal.results[0]).toMatchObject({ verdict: 'amber', shown: { light: 'not_shown' } });
  expect(fake.light.shown.at(-1)).toBe('dark');
});

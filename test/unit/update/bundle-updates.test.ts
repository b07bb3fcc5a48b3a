import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BundleState, type Judging, noState, ofConfig } from '../../../src/daemon/bundles/bundle-state.js';
import { Station } from '../../../src/daemon/station/station.js';
import { betweenCupsOf } from '../../../src/daemon/update/between-cups.js';
import { BundleUpdates, type UpdateEvent } from '../../../src/daemon/update/bundle-updates.js';
import { LivePictureProver } from '../../../src/daemon/update/live-picture-prover.js';
import type { Prover } from '../../../src/daemon/update/prover.js';
import { SwitchingJudge } from '../../../src/daemon/update/switching-judge.js';
import { CupcheckError } from '../../../src/errors.js';
import { configDigest, FakeShelf } from '../../fixtures/fake-shelf.js';
import { type FakeStation, fakeStation, green } from '../../fixtures/fake-station.js';

const [a, b] = ['a'.repeat(64), 'b'.repeat(64)] as [string, string];
const serving = (bundle: string): Judging => ({
  bundle,
  name: 'coins',
  version: bundle.slice(0, 1),
  galleries: {},
  engine: null,
});
const never = new AbortController().signal;

let folder = '';
let fake: FakeStation;
let station: Station;
let judge: SwitchingJudge;
let shelf: FakeShelf;
let updates: BundleUpdates;
let events: UpdateEvent[] = [];
let faults: CupcheckError[] = [];
/** How often it was told that the document is another one. */
let changes = 0;
let provers: Prover[] = [];
let ringSlots = 8;
let keepPrevious = true;

async function begin(kept: BundleState = noState): Promise<void> {
  fake = fakeStation(folder);
  judge = new SwitchingJudge();
  shelf = new FakeShelf(kept);
  station = new Station({ ...fake.ports, judge });
  updates = new BundleUpdates({
    shelf,
    judge,
    betweenCups: betweenCupsOf(station),
    provers: [new LivePictureProver({ ...fake.ports, frameTimeoutMs: 300, deadlineMs: 1000, ringSlots }), ...provers],
    clock: fake.clock,
    commitWithinS: 3600,
    keepPrevious,
    trial: { cups: 5, failures: 2 },
    log: pino({ level: 'silent' }),
    onFault: (error) => faults.push(error),
    onChanged: () => changes++,
  });
  station.onResult((result) => updates.saw(result));
  await updates.start();
  station.started();
  await fake.clock.advance(50);
}

/** Lets things happen for `ms`, and says how the promise ended. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  await fake.clock.advance(ms);
  return promise;
}
const activate = (bundle: string, signal = never) => updates.activate(bundle, (event) => events.push(event), signal);
const served = () => judge.info?.bundle.sha256;

/** A cup that comes and is taken; the bundle that its result names. */
async function cup(): Promise<string | undefined> {
  const before = fake.journal.results.length;
  station.place(fake.clock.nowNs(), null);
  await fake.clock.advance(500);
  station.sensed({ type: 'removed', atNs: fake.clock.nowNs() });
  await fake.clock.advance(50);
  return fake.journal.results[before]?.bundle?.sha256;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-updates-'));
  [events, faults, provers, ringSlots, keepPrevious] = [[], [], [], 8, true];
  await begin();
});
afterEach(async () => {
  const drained = station.drain();
  await fake.clock.advance(10_000);
  await drained;
  await updates.stop();
  rmSync(folder, { recursive: true });
});

describe('an activation', () => {
  it('proves the candidate beside the active bundle, then lets it judge on trial; commit keeps it', async () => {
    expect(await cup()).toBe(configDigest);
    const answer = await within(500, activate(a));
    expect(answer).toMatchObject({ outcome: 'activated', active: { bundle: a }, previous: { bundle: null } });
    expect(events.map(({ step }) => step)).toEqual(['loading', 'proving', 'proved', 'waiting']);
    expect(events[2]).toMatchObject({
      by: 'live picture',
      found: expect.stringMatching(/^judged in \d+ ms$/) as string,
    });
    expect(await cup()).toBe(a);
    expect(shelf.of(configDigest).state).toBe('ready');
    expect(
      shelf.writes.map(({ candidate, trial }) => candidate?.step ?? (trial === null ? 'settled' : 'trial')),
    ).toEqual(['staged', 'proving', 'trial']);
    const before = changes;
    expect(await updates.commit()).toMatchObject({ outcome: 'committed', until: null });
    expect(changes).toBe(before + 1);
    expect(await updates.commit()).toMatchObject({ outcome: 'nothing_to_do' });
    expect(shelf.of(configDigest).state).toBe('ready');
    expect(await within(500, activate(a))).toMatchObject({ outcome: 'nothing_to_do' });
    await fake.clock.advance(4_000_000);
    expect(served()).toBe(a);
  });

  it('never changes the judge of a cup: it waits until the cup is taken', async () => {
    station.place(fake.clock.nowNs(), null);
    await fake.clock.advance(120);
    expect(station.current.name).not.toBe('ready');
    const activation = activate(a);
    await fake.clock.advance(100);
    expect(served()).toBe(configDigest);
    expect(shelf.kept.candidate?.step).toBe('proving');
    await fake.clock.advance(2000);
    expect(station.current).toMatchObject({ name: 'showing', lit: 'green' });
    expect(served()).toBe(configDigest);
    station.sensed({ type: 'removed', atNs: fake.clock.nowNs() });
    await fake.clock.advance(50);
    expect(await activation).toMatchObject({ outcome: 'activated' });
    expect(served()).toBe(a);
    expect(fake.journal.results[0]?.bundle?.sha256).toBe(configDigest);
  });

  it('is on disk before the bundle judges', async () => {
    let servedAtWrite: string | undefined;
    shelf.onKeep = (state) => {
      if (state.trial !== null) servedAtWrite = served();
    };
    await within(500, activate(a));
    expect(servedAtWrite).toBe(configDigest);
    expect(served()).toBe(a);
  });

  it('that the disk refuses changes nothing', async () => {
    shelf.onKeep = (state) => {
      shelf.diskFull = state.candidate?.step === 'proving';
    };
    await expect(within(500, activate(a))).rejects.toMatchObject({ code: 'BUNDLE_REJECTED' });
    expect(served()).toBe(configDigest);
    shelf.diskFull = false;
    shelf.onKeep = () => undefined;
    expect(await within(500, activate(a))).toMatchObject({ outcome: 'activated' });
  });

  it.each([
    ['a candidate that does not load', () => shelf.loads.set(a, 'badly'), 'a network of another shape'],
    ['a candidate that a prover refuses', () => undefined, 'a golden cup became green'],
  ])('rejects %s, and says why', async (_, prepare, why) => {
    if (why.startsWith('a golden')) {
      provers = [{ name: 'golden', prove: () => Promise.reject(new CupcheckError('BUNDLE_REJECTED', why)) }];
      await begin();
    }
    prepare();
    await expect(within(500, activate(a))).rejects.toMatchObject({
      code: 'BUNDLE_REJECTED',
      message: expect.stringContaining(why) as string,
    });
    expect(shelf.kept).toMatchObject({ active: { bundle: null }, candidate: null });
    expect(shelf.kept.outcomes.at(-1)).toMatchObject({ bundle: a, outcome: 'rejected', why });
    expect(shelf.of(a).state).toBe('stopped');
    expect(await cup()).toBe(configDigest);
  });

  it('rejects a candidate that fails on a picture, or takes too long for it', async () => {
    shelf.answer = () => Promise.reject(new CupcheckError('INFER_FAILED', 'a tensor of another size'));
    await expect(within(500, activate(a))).rejects.toMatchObject({
      message: expect.stringContaining('a tensor of another size') as string,
    });
    shelf.answer = async (request) => {
      await fake.clock.until(fake.clock.nowNs() + 1_001_000_000n, never);
      return green(request);
    };
    await expect(within(5000, activate(b))).rejects.toMatchObject({
      message: expect.stringContaining('it took 1001 ms for a picture') as string,
    });
    expect(fake.camera.held).toBe(0);
  });

  it('says where there was no picture to judge', async () => {
    fake.camera.mode = 'silent';
    await within(1000, activate(a));
    expect(events[2]).toMatchObject({ found: expect.stringContaining('not judged: no frame') as string });
    expect(fake.camera.held).toBe(0);
    await updates.rollback('asked for');
    ringSlots = 7;
    await begin();
    events = [];
    await within(500, activate(a));
    expect(events[2]).toMatchObject({ found: expect.stringContaining('camera.ringSlots (7)') as string });
  });

  it('of a bundle that is not there changes nothing', async () => {
    shelf.damaged.set(a, 'missing');
    await expect(within(100, activate(a))).rejects.toMatchObject({ code: 'BUNDLE_MISSING' });
    expect(shelf.writes).toEqual([]);
  });

  it('ends when its caller goes, and when somebody rolls back; a second one is refused meanwhile', async () => {
    shelf.loads.set(a, 'never');
    const caller = new AbortController();
    const first = activate(a, caller.signal);
    first.catch(() => undefined);
    await fake.clock.advance(50);
    await expect(activate(b)).rejects.toMatchObject({ code: 'BUNDLE_BUSY' });
    await expect(updates.commit()).rejects.toMatchObject({ code: 'BUNDLE_BUSY' });
    caller.abort(new CupcheckError('REQUEST_INVALID', 'the caller went away'));
    await expect(first).rejects.toMatchObject({ code: 'BUNDLE_REJECTED' });
    const second = activate(a);
    second.catch(() => undefined);
    const joined = activate(a);
    joined.catch(() => undefined);
    await fake.clock.advance(50);
    expect(await within(50, updates.rollback('asked for'))).toMatchObject({ outcome: 'withdrawn' });
    await expect(joined).rejects.toMatchObject({ code: 'BUNDLE_REJECTED' });
    expect(shelf.processes.filter(({ bundle }) => bundle === a)).toHaveLength(2);
    await expect(second).rejects.toMatchObject({ message: expect.stringContaining('asked for') as string });
    expect(shelf.kept.outcomes.map(({ why }) => why)).toEqual(['the caller went away', 'asked for']);
  });

  it('goes back where its self-test fails on trial; another bundle’s, or one after the commit, changes nothing', async () => {
    await within(500, activate(a));
    updates.selfTestFailed(configDigest, 'cup 41');
    await fake.clock.advance(500);
    expect(served()).toBe(a);
    updates.selfTestFailed(a, 'cup 41: it is green, and must never be');
    await fake.clock.advance(500);
    expect(served()).toBe(configDigest);
    expect(shelf.kept.outcomes.at(-1)).toMatchObject({
      outcome: 'rolled_back',
      why: 'the self-test failed: cup 41: it is green, and must never be',
    });
    await within(500, activate(b));
    await updates.commit();
    updates.selfTestFailed(b, 'cup 41');
    await fake.clock.advance(500);
    expect(served()).toBe(b);
  });

  it('is refused while another bundle is on trial', async () => {
    await within(500, activate(a));
    await expect(within(500, activate(b))).rejects.toMatchObject({ code: 'BUNDLE_STEP' });
  });
});

describe('a bundle on trial goes back by itself', () => {
  const expectBack = (why: RegExp) => {
    expect(served()).toBe(configDigest);
    expect(shelf.kept).toMatchObject({ active: { bundle: null }, previous: null, trial: null });
    expect(shelf.kept.outcomes.at(-1)).toMatchObject({ bundle: a, outcome: 'rolled_back' });
    expect(shelf.kept.outcomes.at(-1)?.why).toMatch(why);
    expect(shelf.of(a).state).toBe('stopped');
  };

  it('when nobody commits in time', async () => {
    await within(500, activate(a));
    await fake.clock.advance(3_598_000);
    expect(served()).toBe(a);
    await fake.clock.advance(3000);
    expectBack(/nobody committed/);
  });

  it('when its first cups cannot be judged; the station had it ready, and the next cup is judged', async () => {
    await within(500, activate(a));
    shelf.of(a).answer = () => Promise.reject(new CupcheckError('INFER_FAILED', 'no'));
    await cup();
    expect(served()).toBe(a);
    await cup();
    expectBack(/^2 of its first 2 cups could not be judged \(internal_error\)$/);
    expect(shelf.processes.filter(({ bundle }) => bundle === configDigest)).toHaveLength(1);
    expect(await cup()).toBe(configDigest);
  });

  it('not for what its later cups do', async () => {
    await within(500, activate(a));
    for (let good = 0; good < 5; good++) await cup();
    shelf.of(a).answer = () => Promise.reject(new CupcheckError('INFER_FAILED', 'no'));
    for (let bad = 0; bad < 3; bad++) await cup();
    expect(served()).toBe(a);
  });

  it('when its process does not run any more', async () => {
    await within(500, activate(a));
    shelf.of(a).tell('failed', new CupcheckError('INFER_CRASHED', 'again and again'));
    await fake.clock.advance(50);
    expectBack(/again and again/);
  });

  it('not once it is committed', async () => {
    await within(500, activate(a));
    await updates.commit();
    shelf.of(a).tell('failed', new CupcheckError('INFER_CRASHED', 'again and again'));
    await fake.clock.advance(50);
    expect(shelf.kept.active).toMatchObject({ bundle: a });
  });
});

describe('a rollback', () => {
  it('goes back from a committed bundle to the one before, once', async () => {
    await within(500, activate(a));
    await updates.commit();
    await within(500, activate(b));
    await updates.commit();
    expect(await within(100, updates.rollback('asked for'))).toMatchObject({
      outcome: 'rolled_back',
      active: { bundle: a },
    });
    expect(await cup()).toBe(a);
    expect(await within(100, updates.rollback('asked for'))).toMatchObject({ outcome: 'nothing_to_do' });
    expect(served()).toBe(a);
  });

  it('of one bundle alone leaves every other where it is', async () => {
    await begin({ ...noState, active: serving(b), previous: serving(a) });
    expect(await within(100, updates.rollback('asked for', a))).toMatchObject({ outcome: 'nothing_to_do' });
    expect(await within(100, updates.rollback('asked for', b))).toMatchObject({ outcome: 'rolled_back' });
    expect(await within(100, updates.rollback('asked for', b))).toMatchObject({ outcome: 'nothing_to_do' });
    expect(served()).toBe(a);
  });

  it('of a committed bundle is an exchange with the process that was kept ready, also after a restart', async () => {
    await within(500, activate(a));
    await updates.commit();
    const kept = shelf.of(configDigest);
    await within(10, updates.rollback('asked for'));
    expect(shelf.of(configDigest)).toBe(kept);
    expect(await cup()).toBe(configDigest);
    await begin({ ...noState, active: serving(b), previous: serving(a) });
    expect(shelf.of(a).state).toBe('ready');
    await within(10, updates.rollback('asked for'));
    expect(shelf.processes.filter(({ bundle }) => bundle === a)).toHaveLength(1);
    expect(served()).toBe(a);
  });

  it('loads the bundle before where it is not kept ready', async () => {
    keepPrevious = false;
    await begin();
    await within(500, activate(a));
    await updates.commit();
    expect(shelf.of(configDigest).state).toBe('stopped');
    await within(100, updates.rollback('asked for'));
    expect(shelf.processes.filter(({ bundle }) => bundle === configDigest)).toHaveLength(2);
    expect(await cup()).toBe(configDigest);
  });

  it('finds the bundle before ready again after a candidate was rejected; two processes run at a time', async () => {
    await begin({ ...noState, active: serving(a), previous: ofConfig({}) });
    expect(shelf.of(configDigest).state).toBe('ready');
    shelf.loads.set(b, 'never');
    const abort = new AbortController();
    const activation = activate(b, abort.signal);
    activation.catch(() => undefined);
    await fake.clock.advance(10);
    expect(shelf.of(b).state).toBe('loading');
    expect(shelf.of(configDigest).state).toBe('stopped');
    abort.abort(new CupcheckError('BUNDLE_REJECTED', 'enough'));
    await expect(activation).rejects.toMatchObject({ code: 'BUNDLE_REJECTED' });
    expect(shelf.of(configDigest).state).toBe('ready');
  });

  it('passes over a bundle that is damaged', async () => {
    keepPrevious = false;
    await begin({ ...noState, active: serving(b), previous: serving(a) });
    shelf.damaged.set(a, 'damaged');
    await within(100, updates.rollback('asked for'));
    expect(served()).toBe(configDigest);
  });

  it('happens though the disk refuses it, and says so', async () => {
    await within(500, activate(a));
    shelf.diskFull = true;
    await expect(within(100, updates.rollback('asked for'))).rejects.toMatchObject({ code: 'STORAGE_FAULT' });
    expect(served()).toBe(configDigest);
  });
});

describe('another gallery', () => {
  const network = 'f'.repeat(64);
  const gallery = (letter: string) => ({ gallery: letter.repeat(64), when: '2030-01-01T00:00:00Z', who: 'ann' });
  const serve = (letter: string | null) =>
    updates.serve(network, letter === null ? null : gallery(letter), (event) => events.push(event), never);
  /** The gallery of what the process judges by that is asked. */
  const serving = () => {
    const found = shelf.processes.find(({ process }) => process.state === 'ready' && process.info === judge.info);
    return found?.judging.galleries[network]?.gallery.slice(0, 1) ?? null;
  };

  it('is proved beside the present one, named by the document, then judges with the same bundle', async () => {
    await within(500, activate(a));
    await updates.commit();
    [events, shelf.writes.length] = [[], 0];
    expect(await within(500, serve('1'))).toMatchObject({
      outcome: 'serving',
      active: { bundle: a, galleries: { [network]: gallery('1') } },
      until: null,
    });
    expect(events.map(({ step }) => step)).toEqual(['loading', 'proving', 'proved', 'waiting']);
    expect(shelf.writes).toHaveLength(1);
    expect([await cup(), serving()]).toEqual([a, '1']);
    expect(await within(500, serve('1'))).toMatchObject({ outcome: 'nothing_to_do' });
    // Two processes: what judges, and what judged before the bundle.
    expect(shelf.processes.filter(({ process }) => process.state === 'ready')).toHaveLength(2);
    expect(await within(500, serve(null))).toMatchObject({ outcome: 'serving', active: { galleries: {} } });
    expect(serving()).toBeNull();
  });

  it('is left where the rollback goes: to the bundle before, with what served then', async () => {
    await within(500, serve('1'));
    await within(500, activate(a));
    await within(500, serve('2'));
    expect([await cup(), serving()]).toEqual([a, '2']);
    expect(shelf.kept.trial).not.toBeNull();
    await within(100, updates.rollback('asked for'));
    expect([await cup(), serving()]).toEqual([configDigest, '1']);
    expect(shelf.kept.active.galleries).toEqual({ [network]: gallery('1') });
  });

  it('that is gone, cannot be loaded, or is judged badly changes nothing', async () => {
    await within(500, serve('1'));
    shelf.missing.add(gallery('2').gallery);
    await expect(within(500, serve('2'))).rejects.toMatchObject({ code: 'GALLERY_INVALID' });
    shelf.loads.set(configDigest, 'badly');
    await expect(within(500, serve('3'))).rejects.toMatchObject({ code: 'BUNDLE_REJECTED' });
    shelf.loads.clear();
    provers = [{ name: 'golden', prove: () => Promise.reject(new CupcheckError('GOLDEN_FAILED', 'a wrong green')) }];
    const { active } = shelf.kept;
    expect([await cup(), serving()]).toEqual([configDigest, '1']);
    await begin({ ...noState, active });
    await expect(within(500, serve('4'))).rejects.toThrow('gallery 444444444444: a wrong green (GOLDEN_FAILED)');
    expect(shelf.writes).toEqual([]);
    expect([await cup(), serving()]).toEqual([configDigest, '1']);
  });

  it('that the disk refuses does not judge', async () => {
    shelf.diskFull = true;
    await expect(within(500, serve('1'))).rejects.toMatchObject({ code: 'BUNDLE_REJECTED' });
    expect([await cup(), serving()]).toEqual([configDigest, null]);
  });

  it('waits for no other proof: a rollback ends it, and leaves the bundle on trial', async () => {
    await within(500, activate(a));
    shelf.loads.set(a, 'never');
    const proof = serve('1');
    proof.catch(() => undefined);
    await fake.clock.advance(10);
    await expect(activate(b)).rejects.toMatchObject({ code: 'BUNDLE_BUSY' });
    expect(await within(500, updates.rollback('asked for'))).toMatchObject({ outcome: 'withdrawn' });
    await expect(proof).rejects.toMatchObject({ code: 'BUNDLE_REJECTED' });
    expect([served(), shelf.kept.trial === null]).toEqual([a, false]);
  });
});

it('a calibration is named for the next start, where it is there', async () => {
  shelf.missing.add('8'.repeat(64));
  await expect(updates.calibrate('8'.repeat(64))).rejects.toMatchObject({ code: 'CALIBRATION_INVALID' });
  await updates.calibrate('9'.repeat(64));
  expect(shelf.kept.calibration).toBe('9'.repeat(64));
});

describe('at the start', () => {
  const trial = { since: '2029-12-31T23:00:00Z', until: '2030-01-01T00:10:00Z', before: null };

  it('a trial goes on for what is left of it', async () => {
    await begin({ ...noState, active: serving(a), previous: ofConfig({}), trial });
    expect(served()).toBe(a);
    await fake.clock.advance(590_000);
    expect(served()).toBe(a);
    await fake.clock.advance(10_000);
    expect(served()).toBe(configDigest);
  });

  it('a clock that was set back does not make it longer than it may be', async () => {
    await begin({
      ...noState,
      active: serving(a),
      previous: ofConfig({}),
      trial: { ...trial, until: '2040-01-01T00:00:00Z' },
    });
    await fake.clock.advance(3_600_000);
    expect(served()).toBe(configDigest);
  });

  it('what was staged meanwhile is proved and judges', async () => {
    await begin({
      ...noState,
      candidate: { bundle: a, name: 'coins', version: 'a', step: 'staged', since: trial.since },
    });
    await fake.clock.advance(500);
    expect(served()).toBe(a);
    expect(shelf.kept.trial).not.toBeNull();
  });

  it('what cannot be read is a fault, and every request says it', async () => {
    shelf.start = () => Promise.reject(new CupcheckError('BUNDLE_STATE', 'damaged'));
    const broken = new BundleUpdates({
      shelf,
      judge: new SwitchingJudge(),
      betweenCups: betweenCupsOf(station),
      provers: [],
      clock: fake.clock,
      commitWithinS: 1,
      keepPrevious,
      trial: { cups: 1, failures: 1 },
      log: pino({ level: 'silent' }),
      onFault: (error) => faults.push(error),
      onChanged: () => changes++,
    });
    await broken.start();
    expect(faults).toMatchObject([{ code: 'BUNDLE_STATE' }]);
    await expect(broken.activate(a, () => undefined, never)).rejects.toMatchObject({ code: 'BUNDLE_STATE' });
    await expect(broken.rollback('x')).rejects.toMatchObject({ code: 'BUNDLE_STATE' });
    await broken.stop();
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepGolden, removeGolden } from '../../../src/daemon/golden/golden-folder.js';
import type { GoldenRecord } from '../../../src/daemon/golden/golden-record.js';
import { SelfTest, type SelfTestEvent, type SelfTestLimits } from '../../../src/daemon/golden/self-test.js';
import type { SelfTestReport } from '../../../src/daemon/golden/self-test-report.js';
import type { JudgeInfo, ReplayedCup, ReplayRequest } from '../../../src/daemon/ports.js';
import { finding, type PartFinding } from '../../../src/daemon/station-check/part-finding.js';
import type { BetweenCups } from '../../../src/daemon/update/between-cups.js';
import { GoldenProver } from '../../../src/daemon/update/golden-prover.js';
import { CupcheckError } from '../../../src/errors.js';
import { FakeJudge, ManualClock } from '../../fixtures/fake-station.js';
import { goldenRecord, somePicture } from '../../fixtures/golden-station.js';

// Files are written and read, and the disk may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const never = new AbortController().signal;
const limits: SelfTestLimits = { maxScoreDifference: 0.01, maxAmbers: 0, atStart: true, everyH: 24, maxAgeH: 72 };
const hourMs = 3_600_000;

/** A judge that tells when it becomes ready. */
class Judge extends FakeJudge {
  readonly #listeners = new Set<(state: 'loading' | 'ready' | 'failed', error: Error | null) => void>();
  readonly replays: ReplayRequest[] = [];
  override replay = (request: ReplayRequest): Promise<ReplayedCup> => {
    this.replays.push(request);
    return this.replayed(request);
  };
  override onState = (listener?: (state: 'loading' | 'ready' | 'failed', error: Error | null) => void) => {
    if (listener !== undefined) this.#listeners.add(listener);
    return () => undefined;
  };
  serve(sha256: string | null): void {
    this.info = sha256 === null ? null : { ...info, bundle: { ...info.bundle, sha256 } };
    for (const listener of this.#listeners) listener(sha256 === null ? 'loading' : 'ready', null);
  }
}
const info = {
  provider: 'cpu',
  fallback: null,
  precision: { used: 'fp32' as const, because: null },
  engine: { used: null, because: null },
  bundle: { name: 'first', version: '1', sha256: 'a'.repeat(64) },
  signedBy: { key: 'd'.repeat(64), name: 'workshop' },
  gallerySha256: 'b'.repeat(64),
  calibrationSha256: null,
  designs: [],
};

let root = '';
let clock: ManualClock;
let judge: Judge;
let selfTest: SelfTest;
let records: GoldenRecord[] = [];
let reports: SelfTestReport[] = [];
/** What the pictures are judged as, by cup; the others as recorded. */
let answers: Map<string, () => Promise<ReplayedCup>>;
let betweenCups: BetweenCups = (act) => Promise.resolve(act());
/** What is found of the station's parts. */
let parts: readonly PartFinding[] = [];

const asRecorded = (record: GoldenRecord, changes: Partial<ReplayedCup> = {}): ReplayedCup => {
  const { score, items } = record.recorded;
  return { verdict: 'green', reasons: [], design: record.expected.design, score, items, ...changes };
};
const amber = { verdict: 'amber', reasons: [{ reason: 'low_margin', detail: '' }] } as const;
const add = async (...added: GoldenRecord[]) => {
  for (const record of added) await keepGolden(join(root, 'golden'), record, somePicture, null);
  records.push(...added);
};
const begin = (changes: Partial<SelfTestLimits> = {}) => {
  selfTest = new SelfTest({
    folder: join(root, 'golden'),
    reportPath: join(root, 'selftest.json'),
    judge,
    betweenCups: (act, signal) => betweenCups(act, signal),
    checkParts: () => Promise.resolve(parts),
    clock,
    limits: { ...limits, ...changes },
    log: pino({ level: 'silent' }),
    onFailed: (report) => reports.push(report),
  });
};
/** Until nothing is left to do; files take real time. */
const settle = async (ms = 0, most = 200) => {
  await clock.advance(ms);
  for (let i = 0; i < most; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await clock.advance(0);
    if (i > 4 && !selfTest.status.running) return;
  }
};
const run = () => selfTest.run(() => undefined, never);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-selftest-'));
  [clock, judge, records, reports, answers] = [new ManualClock(), new Judge(), [], [], new Map()];
  betweenCups = (act) => Promise.resolve(act());
  parts = [];
  judge.serve('a'.repeat(64));
  judge.replayed = ({ cup }) => {
    const record = records.find((one) => one.cup === cup);
    if (record === undefined) return Promise.reject(new CupcheckError('GOLDEN_INVALID', 'no such picture'));
    return answers.get(cup)?.() ?? Promise.resolve(asRecorded(record));
  };
  begin();
});
afterEach(async () => {
  const stopped = selfTest.stop();
  await settle(60_000);
  await stopped;
  rmSync(root, { recursive: true });
});

it('with no golden picture looks at the parts alone, at the start and on schedule, and is never overdue', async () => {
  await selfTest.start();
  await settle();
  const first = selfTest.status.last;
  expect(selfTest.status).toMatchObject({ pictures: 0, running: false, doubt: null, last: { outcome: 'no_pictures' } });
  await settle(23 * hourMs);
  expect(selfTest.status.last).toEqual(first);
  await settle(2 * hourMs);
  expect(selfTest.status.last?.at).not.toBe(first?.at);
  await selfTest.stop();
  begin({ atStart: false, everyH: 0 });
  await selfTest.start();
  await settle(100 * hourMs);
  expect(selfTest.doubt()).toBeNull();
});

describe('a part of the station that failed', () => {
  const blind = finding('lens', 'failed', '40 % of the detail is seen', 'Clean the lens.');

  it('doubts every green with its value, over a restart, until it is well; the bundle is not blamed', async () => {
    await add(goldenRecord());
    parts = [blind, finding('lamp', 'ok', '100 %')];
    await selfTest.start();
    expect(await run()).toMatchObject({ outcome: 'passed', parts: [blind, { part: 'lamp' }] });
    expect(reports).toEqual([]);
    expect(selfTest.doubt()).toMatch(/found at .*: lens, 40 % of the detail is seen$/);
    await selfTest.stop();
    begin({ atStart: false, maxAgeH: 0 });
    await selfTest.start();
    expect(selfTest.doubt()).toContain('lens');
    // Nobody put the empty cup there: that mends no lens.
    parts = [finding('empty cup', 'not_looked', 'not in its place')];
    await run();
    expect(selfTest.doubt()).toContain('lens');
    parts = [finding('lens', 'warn', '80 % of the detail is seen', 'Clean the lens.')];
    await run();
    expect(selfTest.doubt()).toBeNull();
  });

  it('counts where no golden picture is kept, and a report of before the parts is read', async () => {
    parts = [blind];
    await selfTest.start();
    await settle();
    expect(selfTest.doubt()).toContain('lens');
    await selfTest.stop();
    const path = join(root, 'selftest.json');
    const { parts: _, ...before } = JSON.parse(readFileSync(path, 'utf8')) as SelfTestReport;
    writeFileSync(path, JSON.stringify(before));
    begin({ atStart: false });
    await selfTest.start();
    expect(selfTest.status).toMatchObject({ doubt: null, last: { parts: [] } });
  });
});

it('runs at the start; before it has passed once no green counts', async () => {
  await add(goldenRecord());
  let pass = (): void => undefined;
  betweenCups = (act, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      pass = () => resolve(act());
    });
  await selfTest.start();
  await clock.advance(0);
  expect(selfTest.doubt()).toBe('no self-test has been run on the golden pictures (1)');
  await expect.poll(() => (pass(), selfTest.doubt())).toBeNull();
  expect(selfTest.status.last).toMatchObject({ outcome: 'passed', pictures: 1 });
  expect(judge.replays[0]).toMatchObject({
    picture: { path: join(root, 'golden', `${records[0]?.cup}.jpg`), bytes: somePicture.length },
    asked: { mode: 'confirm', design: 'Morgan', count: 2 },
  });
});

it('remembers over a restart, and is due again on schedule and with another bundle', async () => {
  await add(goldenRecord());
  await selfTest.start();
  await settle();
  expect(judge.replays).toHaveLength(1);
  await selfTest.stop();
  begin({ atStart: false });
  await selfTest.start();
  await settle();
  expect(judge.replays).toHaveLength(1);
  expect(selfTest.status).toMatchObject({ doubt: null, last: { outcome: 'passed' } });
  await settle(23 * hourMs);
  expect(judge.replays).toHaveLength(1);
  await settle(2 * hourMs);
  expect(judge.replays).toHaveLength(2);
  judge.serve('e'.repeat(64));
  await settle();
  expect(judge.replays).toHaveLength(3);
});

it('is overdue where it is too old, and where its time cannot be believed', async () => {
  await add(goldenRecord());
  begin({ everyH: 0, atStart: false });
  await selfTest.start();
  await run();
  await settle(71 * hourMs);
  expect(selfTest.doubt()).toBeNull();
  await settle(2 * hourMs);
  expect(selfTest.doubt()).toContain('selftest.maxAgeH is 72');
  await run();
  expect(selfTest.doubt()).toBeNull();
  await selfTest.stop();
  const path = join(root, 'selftest.json');
  const kept = JSON.parse(readFileSync(path, 'utf8')) as SelfTestReport;
  writeFileSync(path, JSON.stringify({ ...kept, at: '2040-01-01T00:00:00Z' }));
  begin({ everyH: 0, atStart: false });
  await selfTest.start();
  expect(selfTest.doubt()).toContain('2040');
  await selfTest.stop();
  begin({ everyH: 0, atStart: false, maxAgeH: 0 });
  await selfTest.start();
  expect(selfTest.doubt()).toBeNull();
  writeFileSync(path, '{"schema":1}');
  await selfTest.stop();
  begin({ everyH: 0, atStart: false });
  await selfTest.start();
  expect(selfTest.doubt()).toContain('no self-test has been run');
});

it('vouches for what it was run with, and for what was proved before it serves', async () => {
  await add(goldenRecord());
  begin({ everyH: 0, atStart: false });
  await selfTest.start();
  await run();
  let pass = (): void => undefined;
  betweenCups = (act, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      pass = () => resolve(act());
    });
  judge.serve('e'.repeat(64));
  expect(selfTest.doubt()).toBe('no self-test has been run with first 1 on cpu, and what was taught');
  await expect.poll(() => (pass(), selfTest.doubt())).toBeNull();
  selfTest.vouch({ ...info, bundle: { ...info.bundle, sha256: 'f'.repeat(64) } });
  judge.serve('f'.repeat(64));
  expect(selfTest.doubt()).toBeNull();
  await expect.poll(() => (pass(), selfTest.status.last?.by.bundle)).toBe('f'.repeat(64));
  // Back to the one before, which has passed already.
  judge.serve('e'.repeat(64));
  expect(selfTest.doubt()).toBeNull();
  await selfTest.stop();
  begin({ everyH: 0, atStart: false });
  await selfTest.start();
  expect(selfTest.doubt()).toContain('no self-test has been run with');
});

describe('a failure', () => {
  it('names the picture, doubts every green, is kept, and is over when one passes', async () => {
    await add(goldenRecord(), goldenRecord({ truth: 'wrong', seq: 42 }));
    const events: SelfTestEvent[] = [];
    await selfTest.start();
    const report = await selfTest.run((event) => events.push(event), never);
    expect(report).toMatchObject({ outcome: 'failed', pictures: 2, failures: 1, failed: [{ seq: 42 }] });
    expect(reports.at(-1)).toEqual(report);
    expect(events.map(({ done, total }) => `${done}/${total}`).slice(-2)).toEqual(['1/2', '2/2']);
    expect(selfTest.doubt()).toMatch(/failed at .*: cup 42, it is green, and must never be/);
    await selfTest.stop();
    begin({ maxAgeH: 0, atStart: false });
    await selfTest.start();
    expect(selfTest.doubt()).toContain('cup 42');
    const [, second] = records;
    if (second === undefined) throw new Error('two were added');
    answers.set(second.cup, () => Promise.resolve(asRecorded(second, amber)));
    await run();
    expect(selfTest.doubt()).toBeNull();
  });

  it('whose pictures were all taken away is over', async () => {
    await add(goldenRecord({ truth: 'wrong' }));
    await selfTest.start();
    await settle();
    expect(selfTest.doubt()).not.toBeNull();
    await removeGolden(join(root, 'golden'), records[0]?.cup ?? '');
    await settle(60_000);
    expect(selfTest.status).toMatchObject({ pictures: 0, doubt: null, last: { outcome: 'no_pictures' } });
  });

  it.each([
    ['that cannot be judged', 'INFER_CRASHED'],
    ['whose file was altered', 'GOLDEN_INVALID'],
  ] as const)('is a picture %s', async (_, code) => {
    await add(goldenRecord());
    answers.set(records[0]?.cup ?? '', () => Promise.reject(new CupcheckError(code, 'why it is so')));
    await selfTest.start();
    expect(await run()).toMatchObject({
      outcome: 'failed',
      failed: [{ why: expect.stringContaining('why it is so') }],
    });
  });
});

it('starts again where another bundle serves before it has ended, and reports on that alone', async () => {
  await add(goldenRecord(), goldenRecord());
  begin({ atStart: false, everyH: 0 });
  await selfTest.start();
  let exchanged = false;
  betweenCups = (act) => {
    act();
    if (!exchanged && judge.replays.length === 2) {
      exchanged = true;
      judge.serve('e'.repeat(64));
    }
    return Promise.resolve();
  };
  expect(await run()).toMatchObject({ outcome: 'passed', pictures: 2, by: { bundle: 'e'.repeat(64) } });
  expect(judge.replays).toHaveLength(4);
});

it('waits for a judge that is starting; a caller that goes away leaves it running', async () => {
  await add(goldenRecord());
  judge.serve(null);
  await selfTest.start();
  const caller = new AbortController();
  const asked = selfTest.run(() => undefined, caller.signal);
  asked.catch(() => undefined);
  await settle(0, 5);
  caller.abort(new CupcheckError('REQUEST_INVALID', 'the caller went away'));
  await expect(asked).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  const joined = run();
  judge.serve('a'.repeat(64));
  expect(await joined).toMatchObject({ outcome: 'passed' });
  expect(judge.replays).toHaveLength(1);
});

it('that is asked for while one runs judges the pictures as they are then', async () => {
  await add(goldenRecord({ truth: 'wrong' }));
  let free: (() => void) | null = null;
  betweenCups = (act) =>
    new Promise((resolve) => {
      free ??= () => resolve(act());
    });
  begin({ atStart: false, everyH: 0 });
  await selfTest.start();
  const first = run();
  await expect.poll(() => free).not.toBeNull();
  await removeGolden(join(root, 'golden'), records[0]?.cup ?? '');
  await add(goldenRecord());
  betweenCups = (act) => Promise.resolve(act());
  const [second, third] = [run(), run()];
  (free as (() => void) | null)?.();
  expect(await first).toMatchObject({ outcome: 'failed' });
  expect(await second).toMatchObject({ outcome: 'passed' });
  expect(await third).toEqual(await second);
});

describe('the proof of a candidate', () => {
  const proved: JudgeInfo[] = [];
  const prover = (maxAmbers = 0) =>
    new GoldenProver({
      folder: join(root, 'golden'),
      maxScoreDifference: 0.01,
      maxAmbers,
      onProved: (info) => proved.push(info),
    });

  it('passes where every picture is as it must be, and says so', async () => {
    expect(await prover().prove(judge, never)).toContain('there are none');
    await add(goldenRecord(), goldenRecord());
    expect(proved).toEqual([]);
    expect(await prover().prove(judge, never)).toBe('all 2 as they must be');
    expect(proved).toEqual([judge.info]);
  });

  it('rejects a green that must never be, and names it', async () => {
    await add(goldenRecord(), goldenRecord({ truth: 'wrong', seq: 42 }));
    await expect(prover(9).prove(judge, never)).rejects.toMatchObject({
      code: 'GOLDEN_FAILED',
      message: expect.stringContaining('1 of 2 golden pictures speak against it: cup 42: it is green') as string,
    });
  });

  it('bears ambers of right cups up to the limit alone', async () => {
    await add(goldenRecord());
    judge.serve('e'.repeat(64));
    const [record] = records;
    if (record === undefined) throw new Error('one was added');
    answers.set(record.cup, () => Promise.resolve(asRecorded(record, amber)));
    await expect(prover(0).prove(judge, never)).rejects.toMatchObject({ code: 'GOLDEN_FAILED' });
    expect(await prover(1).prove(judge, never)).toBe('all 1 as they must be, cup 41 amber where it was green');
  });
});

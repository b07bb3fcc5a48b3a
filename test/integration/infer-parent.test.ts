import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InferParent, type InferOptions } from '../../src/daemon/infer/parent.js';
import type { InferSettings } from '../../src/daemon/infer/settings.js';
import { type ErrorCode, isErrorCode } from '../../src/errors.js';
import { compiled } from '../fixtures/compiled.js';
import { requestFor } from '../unit/infer/requests.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const log = pino({ level: 'silent' });
const never = new AbortController().signal;

/** How a child of the fixture starts; see infer-child.js. */
type Start = 'good' | 'dies' | 'never-ready' | 'bad-bundle' | 'nonsense' | 'stubborn';

interface Running {
  readonly parent: InferParent;
  /** `state` or `state CODE`, in the order told. */
  readonly told: string[];
  /** Resolves when `state` is told from now on. */
  readonly next: (state: string) => Promise<void>;
}

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).toReversed()) await clean();
});

function infer(start: Start, options: Partial<InferOptions> = {}): Running {
  const ringFd = openSync('/dev/null', 'r');
  const parent = new InferParent({
    settings: settings(start),
    ringFd,
    timeoutMs: 20_000,
    loadTimeoutMs: 20_000,
    pingEveryMs: 60_000,
    log,
    entry: fixture('infer-child.js'),
    ...options,
  });
  const told: string[] = [];
  const waiting: { state: string; resolve: () => void }[] = [];
  parent.onState((state, error) => {
    const code: unknown = error !== null && 'code' in error ? error.code : null;
    told.push(isErrorCode(code) ? `${state} ${code}` : state);
    for (const waiter of waiting.splice(0)) {
      if (waiter.state === state) waiter.resolve();
      else waiting.push(waiter);
    }
  });
  cleanUp.push(async () => {
    await parent.stop();
    closeSync(ringFd);
  });
  const next = (state: string): Promise<void> => new Promise((resolve) => waiting.push({ state, resolve }));
  return { parent, told, next };
}

function settings(start: string): InferSettings {
  return {
    bundlePath: start,
    trust: { folder: '/nowhere', allowUnsigned: true },
    bundleSha256: null,
    gallery: null,
    calibrationPath: null,
    judge: null,
    code: null,
    policy: {
      mode: 'confirm',
      count: null,
      sharedSides: 'strict',
      minInformative: 1,
      overrideNotCovered: false,
      acceptUnread: true,
      maxGreenIfBad: null,
      acceptBound: 'pooled',
    },
    precision: 'fp32',
    engines: null,
    threads: 1,
    providers: { order: ['cpu'], require: null },
  };
}

async function ready(start: Start = 'good', options: Partial<InferOptions> = {}): Promise<Running & { pid: number }> {
  const running = infer(start, options);
  const isReady = running.next('ready');
  await running.parent.start();
  await isReady;
  return { ...running, pid: pidOf(running.parent) };
}

function pidOf(parent: InferParent): number {
  if (parent.pid === undefined) throw new Error('the child does not run');
  return parent.pid;
}

const refusal = (code: ErrorCode): unknown => expect.objectContaining({ code });

const judgedFor = (cup: string): unknown =>
  expect.objectContaining({ reasons: [{ reason: 'low_margin', detail: `answer for ${cup}` }] });

/** Whether the process is gone, or a zombie that only waits to be reaped. */
function gone(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true;
    throw error;
  }
}

describe('the judging process, started', () => {
  it('is not ready while it loads, then says what it works with', async () => {
    const { parent, told, next } = infer('good');
    expect(parent.info).toBeNull();
    const isReady = next('ready');
    await parent.start();
    await expect(parent.judge(requestFor('c1'), never)).rejects.toEqual(refusal('MODEL_NOT_READY'));
    await isReady;
    expect(parent.info).toMatchObject({
      provider: 'fixture',
      bundle: { version: '1.0.0' },
      designs: [{ id: 'tower' }],
    });
    await expect(parent.judge(requestFor('c1'), never)).resolves.toEqual(judgedFor('c1'));
    await expect(parent.compare('c1', requestFor('c1').first, never)).resolves.toEqual({ same: true, difference: 0.5 });
    expect(told).toEqual(['loading', 'ready']);
  });

  it('ends at once when stopped, refuses what waits, and can be started again', async () => {
    const { parent, pid, next } = await ready();
    const judging = expect(parent.judge(requestFor('hang'), never)).rejects.toEqual(refusal('MODEL_NOT_READY'));
    await Promise.all([parent.stop(), parent.stop(), judging]);
    expect(gone(pid)).toBe(true);
    const again = next('ready');
    await parent.start();
    await again;
    expect(pidOf(parent)).not.toBe(pid);
  });

  it('is killed where it does not end when asked', async () => {
    const { parent, pid } = await ready('stubborn');
    await parent.stop();
    expect(gone(pid)).toBe(true);
  });

  it('says that a bundle is refused, with its code, and tries again slowly', async () => {
    const restart = { stableMs: 10_000, firstDelayMs: 1, stormLimit: 5, slowDelayMs: 1_000_000 };
    const { parent, told, next } = infer('bad-bundle', { restart });
    const failed = next('failed');
    await parent.start();
    await failed;
    expect(told).toEqual(['loading', 'loading BUNDLE_DIGEST', 'failed BUNDLE_DIGEST']);
    expect(parent.pid).toBeUndefined();
    await expect(parent.judge(requestFor('c1'), never)).rejects.toThrow('BUNDLE_DIGEST: detector.onnx differs');
  });

  it('tells a restart storm, goes on trying, and is ready again when the cause is mended', async () => {
    const mendable = settings('dies');
    const restart = { stableMs: 10_000, firstDelayMs: 1, stormLimit: 3, slowDelayMs: 50 };
    const { parent, told, next } = infer('dies', { settings: mendable, restart });
    const failed = next('failed');
    await parent.start();
    await failed;
    expect(told).toEqual(['loading', 'loading INFER_CRASHED', 'failed INFER_CRASHED']);
    const isReady = next('ready');
    Object.assign(mendable, { bundlePath: 'good' });
    await isReady;
    await expect(parent.judge(requestFor('c1'), never)).resolves.toEqual(judgedFor('c1'));
  });

  it.each([
    ['never says that it is ready', 'never-ready', { loadTimeoutMs: 300 }, 'INFER_TIMEOUT'],
    ['says nonsense when it is ready', 'nonsense', {}, 'INFER_CRASHED'],
    ['cannot be started', 'good', { env: { PATH: '/nonexistent' } }, 'INFER_CRASHED'],
  ] as const)('fails where it %s', async (_, start, options, code) => {
    const restart = { stableMs: 10_000, firstDelayMs: 1, stormLimit: 1, slowDelayMs: 1_000_000 };
    const { parent, told, next } = infer(start, { ...options, restart });
    const failed = next('failed');
    await parent.start();
    await failed;
    expect(told.at(-1)).toBe(`failed ${code}`);
  });
});

describe('the judging process, in trouble', () => {
  it.each([
    ['crashes', 'crash', 'INFER_CRASHED'],
    ['answers garbage', 'garbage', 'INFER_CRASHED'],
    ['answers another question', 'wrong-id', 'INFER_CRASHED'],
    ['answers for another cup', 'wrong-cup', 'INFER_CRASHED'],
    ['sends a green without its proofs', 'false-green', 'INFER_CRASHED'],
    ['closes its channel', 'closes', 'INFER_CRASHED'],
  ] as const)('%s: that cup is refused, and the next is judged by a new process', async (_, cup, code) => {
    const { parent, told, next, pid } = await ready();
    const again = next('ready');
    const startedMs = performance.now();
    const judging = parent.judge(requestFor(cup), never);
    const waiting = expect(parent.judge(requestFor('waits'), never)).rejects.toEqual(refusal('MODEL_NOT_READY'));
    await expect(judging).rejects.toEqual(refusal(code));
    expect(gone(pid)).toBe(true);
    await Promise.all([waiting, again]);
    console.log(`${cup}: ready again after ${(performance.now() - startedMs).toFixed(0)} ms`);
    expect(told).toEqual(['loading', 'ready', `loading ${code}`, 'ready']);
    await expect(parent.judge(requestFor('next'), never)).resolves.toEqual(judgedFor('next'));
  });

  it('hangs: it is killed at the time-out, not before, and judges again', async () => {
    const { parent, next, pid } = await ready('good', { timeoutMs: 400 });
    const again = next('ready');
    const startedMs = performance.now();
    await expect(parent.judge(requestFor('hang'), never)).rejects.toEqual(refusal('INFER_TIMEOUT'));
    const rejectedMs = performance.now() - startedMs;
    expect(rejectedMs).toBeGreaterThanOrEqual(399);
    expect(gone(pid)).toBe(true);
    await again;
    const readyMs = performance.now() - startedMs;
    console.log(
      `hang: refused after ${rejectedMs.toFixed(0)} ms, ready again ${(readyMs - rejectedMs).toFixed(0)} ms later`,
    );
    await expect(parent.judge(requestFor('next'), never)).resolves.toEqual(judgedFor('next'));
  });

  it('is killed by somebody else, or stopped, in the midst of a cup', async () => {
    const { parent, next, pid } = await ready('good', { timeoutMs: 400 });
    const again = next('ready');
    const killed = expect(parent.judge(requestFor('late'), never)).rejects.toEqual(refusal('INFER_CRASHED'));
    process.kill(pid, 'SIGKILL');
    await Promise.all([killed, again]);
    const third = next('ready');
    const stopped = expect(parent.judge(requestFor('late'), never)).rejects.toEqual(refusal('INFER_TIMEOUT'));
    process.kill(pidOf(parent), 'SIGSTOP');
    await Promise.all([stopped, third]);
    await expect(parent.judge(requestFor('next'), never)).resolves.toEqual(judgedFor('next'));
  });

  it('hangs while idle: the next ping finds it', async () => {
    const { next, pid, told } = await ready('good', { timeoutMs: 200, pingEveryMs: 20 });
    const again = next('ready');
    process.kill(pid, 'SIGSTOP');
    await again;
    expect(told).toEqual(['loading', 'ready', 'loading INFER_TIMEOUT', 'ready']);
  });

  it('refuses one picture: only that cup is refused', async () => {
    const { parent, pid } = await ready();
    await expect(parent.judge(requestFor('refused'), never)).rejects.toEqual(refusal('PICTURE_CORRUPT'));
    await expect(parent.judge(requestFor('next'), never)).resolves.toEqual(judgedFor('next'));
    expect(pidOf(parent)).toBe(pid);
  });

  it('answers late: the answer of an abandoned cup reaches nobody', async () => {
    const { parent, pid } = await ready();
    const caller = new AbortController();
    const first = parent.judge(requestFor('late'), caller.signal);
    caller.abort(new Error('retrigger'));
    await expect(first).rejects.toThrow('retrigger');
    const second = parent.judge(requestFor('second'), never);
    const compared = parent.compare('second', requestFor('second').first, never);
    process.kill(pid, 'SIGUSR2');
    await expect(second).resolves.toEqual(judgedFor('second'));
    await expect(compared).resolves.toMatchObject({ same: true });
    expect(pidOf(parent)).toBe(pid);
  });

  it('hangs on an abandoned cup: it is killed when its time is over, and the cup that waits is told', async () => {
    const { parent, next, pid } = await ready('good', { timeoutMs: 300 });
    const caller = new AbortController();
    const again = next('ready');
    const first = parent.judge(requestFor('hang'), caller.signal);
    caller.abort(new Error('retrigger'));
    await expect(first).rejects.toThrow('retrigger');
    await expect(parent.judge(requestFor('second'), never)).rejects.toEqual(refusal('MODEL_NOT_READY'));
    await again;
    expect(gone(pid)).toBe(true);
  });
});

describe('the judging process, orphaned', () => {
  it.each(['good', 'ready-then-hangs'])('dies with core, killed by SIGKILL (%s)', async (start) => {
    compiled('daemon/infer/parent.ts');
    const core = spawn(process.execPath, [fixture('infer-core.js'), start], { stdio: ['ignore', 'pipe', 'inherit'] });
    cleanUp.push(() => void core.kill('SIGKILL'));
    const [line] = (await once(core.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(gone(pid)).toBe(false);
    core.kill('SIGKILL');
    await once(core, 'exit');
    await vi.waitFor(() => expect(gone(pid)).toBe(true), { timeout: 5000, interval: 10 });
  });
});

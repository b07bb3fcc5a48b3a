import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import type { Judgement } from '../../pipeline/judgement.js';
import type { CupJudge, FrameRef, JudgeInfo, JudgeRequest, ReplayedCup, ReplayRequest } from '../ports.js';
import { BorderError } from './border.js';
import { checkJudgement } from './check-judgement.js';
import { Lane } from './lane.js';
import { Life } from './life.js';
import { type Answer, frameToSend, readToParent } from './protocol.js';
import { readReplayed } from './replay.js';
import { type RestartLimits, restartLimits, RestartPolicy } from './restart-policy.js';
import type { InferSettings } from './settings.js';

/** A process told to end gets this long before SIGKILL. */
const stopGraceMs = 1000;
/** SIGKILL works within milliseconds, but not on a process stuck in a driver: its callers are not kept waiting longer than this. */
const killGraceMs = 250;

export interface InferOptions {
  readonly settings: InferSettings;
  /** File descriptor of the frame ring; the child inherits it. */
  readonly ringFd: number;
  /** From a question until its answer; then the process is killed. */
  readonly timeoutMs: number;
  /** From the start until `ready`. */
  readonly loadTimeoutMs: number;
  /** An idle process is asked this often whether it still answers, so that a hang is found before the next cup. */
  readonly pingEveryMs: number;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Another program as the child. Tests give children that crash, hang and lie. */
  readonly entry?: string;
  readonly restart?: RestartLimits;
  readonly env?: NodeJS.ProcessEnv;
}

type State = 'stopped' | 'loading' | 'ready' | 'failed';
type StateListener = (state: 'loading' | 'ready' | 'failed', error: Error | null) => void;

/**
 * The judging process, seen from core: started, asked one question at a time, killed when it does not answer, started again for ever.
 *
 * Frames: a caller holds its frames until its promise settles. After an answer or a death nobody reads them any more. After an abort the
 * child may still be reading; a slot that is written meanwhile cannot do harm, because the child checks the slot's generation after it
 * has decoded, and the answer of an abandoned cup is dropped anyway.
 */
export class InferParent implements CupJudge {
  readonly #options: InferOptions;
  readonly #lane: Lane;
  readonly #restart: RestartPolicy;
  readonly #listeners = new Set<StateListener>();
  #state: State = 'stopped';
  #error: CupcheckError | null = null;
  #info: JudgeInfo | null = null;
  #life: Life | null = null;
  /** Why the present life is being ended; `null` while nothing is wrong with it. */
  #doomed: CupcheckError | null = null;
  #startedAtMs = 0;
  #readyAtMs: number | null = null;
  #lives = 0;
  #timers = new Set<NodeJS.Timeout>();
  #stopping: { readonly gone: Promise<void>; readonly resolve: () => void } | null = null;

  constructor(options: InferOptions) {
    this.#options = options;
    this.#restart = new RestartPolicy(options.restart ?? restartLimits);
    this.#lane = new Lane({
      timeoutMs: options.timeoutMs,
      send: (question) => this.#life?.send(question),
      onOverdue: (error) => this.#doom(error),
    });
  }

  get info(): JudgeInfo | null {
    return this.#info;
  }

  get state(): State {
    return this.#state;
  }

  /** What is wrong with it; `null` = nothing. */
  get problem(): Error | null {
    return this.#error;
  }

  /** The process id of the living child, for `status` and tests. */
  get pid(): number | undefined {
    return this.#life?.pid;
  }

  /** How often the process was started again. */
  get restarts(): number {
    return Math.max(0, this.#lives - 1);
  }

  onState(listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts the process and returns; `onState` says when it is ready or cannot be started. Starting twice is harmless. */
  async start(): Promise<void> {
    await this.#stopping?.gone;
    if (this.#state !== 'stopped') return;
    this.#tell('loading', null);
    this.#begin();
  }

  /** Resolves when the process is gone: asked first, killed after a grace. Questions are rejected with MODEL_NOT_READY. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return this.#stopping?.gone;
    this.#state = 'stopped';
    this.#info = null;
    this.#clearTimers();
    const error = new CupcheckError('MODEL_NOT_READY', 'the station is stopping');
    this.#lane.breakOff(error, error);
    const life = this.#life;
    if (life === null) return;
    let resolve = (): void => undefined;
    const gone = new Promise<void>((done) => {
      resolve = done;
    });
    this.#stopping = { gone, resolve };
    life.terminate();
    const grace = setTimeout(() => life.kill(), stopGraceMs);
    await gone;
    clearTimeout(grace);
  }

  judge(request: JudgeRequest, signal: AbortSignal): Promise<Judgement> {
    const { cup, order } = request;
    const accept = (answer: Answer): Judgement => {
      if (answer.type !== 'judged') throw new BorderError('message.type', 'judged', answer.type);
      const { policy, code } = this.#options.settings;
      return checkJudgement(answer.judgement, request, policy.mode, code?.fromCode ?? 'off');
    };
    return this.#ask(
      { type: 'judge', cup, first: frameToSend(request.first), second: frameToSend(request.second), order },
      accept,
      signal,
    );
  }

  compare(cup: string, frame: FrameRef, signal: AbortSignal): Promise<{ same: boolean; difference: number }> {
    const accept = (answer: Answer): { same: boolean; difference: number } => {
      if (answer.type !== 'compared') throw new BorderError('message.type', 'compared', answer.type);
      return { same: answer.same, difference: answer.difference };
    };
    return this.#ask({ type: 'compare', cup, frame: frameToSend(frame) }, accept, signal);
  }

  replay(request: ReplayRequest, signal: AbortSignal): Promise<ReplayedCup> {
    const accept = (answer: Answer): ReplayedCup => {
      if (answer.type !== 'replayed') throw new BorderError('message.type', 'replayed', answer.type);
      return readReplayed(answer.replayed, request);
    };
    return this.#ask({ type: 'replay', ...request }, accept, signal);
  }

  #ask<T>(question: Parameters<Lane['ask']>[0], accept: (answer: Answer) => T, signal: AbortSignal): Promise<T> {
    if (this.#state !== 'ready') {
      const why = this.#error === null ? '' : ` (${this.#error.code}: ${this.#error.message})`;
      const message = `the judging process is ${this.#state}${why}`;
      return Promise.reject(new CupcheckError('MODEL_NOT_READY', message, { cause: this.#error }));
    }
    return this.#lane.ask(question, accept, signal);
  }

  #begin(): void {
    const { settings, ringFd, loadTimeoutMs, entry, env } = this.#options;
    this.#lives++;
    this.#doomed = null;
    this.#readyAtMs = null;
    this.#startedAtMs = performance.now();
    try {
      this.#life = new Life({
        entry: entry ?? fileURLToPath(new URL('./child.js', import.meta.url)),
        ringFd,
        // ONNX Runtime reads it when it loads, and would otherwise open an uploader of its own.
        env: { ...(env ?? process.env), ORT_DISABLE_TELEMETRY: '1' },
        onMessage: (message) => this.#receive(message),
        onEnded: (how) => this.#ended(how),
      });
    } catch (error) {
      // Node throws here where the kernel refuses a process for want of memory.
      return this.#ended(`could not be started: ${asCupcheckError(error).message}`);
    }
    this.#life.send({ type: 'start', settings });
    this.#after(loadTimeoutMs, () => {
      if (this.#readyAtMs !== null) return;
      const message = `the judging process was not ready within ${String(loadTimeoutMs)} ms`;
      this.#doom(new CupcheckError('INFER_TIMEOUT', message));
    });
  }

  #receive(value: unknown): void {
    if (this.#doomed !== null || this.#state === 'stopped') return;
    try {
      const message = readToParent(value);
      if (message.type === 'ready') this.#ready(message.info);
      else if (message.type === 'failed') this.#doom(new CupcheckError(message.code, message.message));
      else this.#lane.answer(message);
    } catch (error) {
      if (!(error instanceof BorderError)) throw error;
      const message = `the judging process answered what it may not: ${error.message}`;
      this.#doom(new CupcheckError('INFER_CRASHED', message, { cause: error }));
    }
  }

  #ready(info: JudgeInfo): void {
    if (this.#readyAtMs !== null) throw new BorderError('message.type', 'an answer, once it was ready', 'ready');
    this.#readyAtMs = performance.now();
    this.#info = info;
    const loadMs = Math.round(this.#readyAtMs - this.#startedAtMs);
    this.#options.log.info(
      { pid: this.pid, loadMs, provider: info.provider, bundle: info.bundle },
      'judging process ready',
    );
    const { fallback, provider } = info;
    if (fallback !== null) this.#options.log.warn({ provider, fallback }, 'another provider than the first wanted');
    this.#tell('ready', null);
    this.#ping();
  }

  #ping(): void {
    this.#after(this.#options.pingEveryMs, () => {
      if (!this.#lane.idle) return this.#ping();
      const pong = (answer: Answer): void => {
        if (answer.type !== 'pong') throw new BorderError('message.type', 'pong', answer.type);
      };
      // A ping without an answer ends the life, and that is told by `onState`: nothing is left to do here.
      this.#lane.ask({ type: 'ping' }, pong, null).then(
        () => this.#ping(),
        () => undefined,
      );
    });
  }

  /** The present life is to end: no answer of it counts from now on. */
  #doom(error: CupcheckError): void {
    if (this.#doomed !== null || this.#state === 'stopped') return;
    this.#doomed = error;
    this.#info = null;
    this.#clearTimers();
    if (this.#state !== 'failed') this.#tell('loading', error);
    this.#life?.kill();
    this.#after(killGraceMs, () => {
      this.#options.log.error({ pid: this.pid }, 'the judging process outlives SIGKILL: it hangs in a driver');
      this.#breakOff(error);
    });
  }

  #breakOff(error: CupcheckError): void {
    this.#lane.breakOff(
      error,
      new CupcheckError('MODEL_NOT_READY', `the judging process starts again (${error.message})`),
    );
  }

  #ended(how: string): void {
    this.#life = null;
    if (this.#state === 'stopped') {
      this.#stopping?.resolve();
      this.#stopping = null;
      return;
    }
    if (this.#doomed === null) this.#doom(new CupcheckError('INFER_CRASHED', `the judging process ended: ${how}`));
    const error = this.#doomed ?? new CupcheckError('INFER_CRASHED', how);
    this.#clearTimers();
    this.#breakOff(error);
    const readyMs = this.#readyAtMs === null ? 0 : performance.now() - this.#readyAtMs;
    // A bundle, calibration or provider that is refused stays refused until somebody mends it.
    const { delayMs, failed } = this.#restart.ended(readyMs, error.consequence.kind === 'fault');
    this.#options.log.error({ code: error.code, how, delayMs, failed }, `judging process ended: ${error.message}`);
    if (failed || this.#state === 'failed') this.#tell('failed', error);
    this.#after(delayMs, () => this.#begin());
  }

  #tell(state: 'loading' | 'ready' | 'failed', error: CupcheckError | null): void {
    const news = state !== this.#state || error?.code !== this.#error?.code || error?.message !== this.#error?.message;
    this.#state = state;
    this.#error = error;
    if (news) for (const listener of this.#listeners) listener(state, error);
  }

  #after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

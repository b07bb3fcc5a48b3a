import type { Logger } from 'pino';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { type BundleState, type Judging, judgingName } from '../bundles/bundle-state.js';
import type { ServedGallery } from '../gallery/galleries.js';
import type { Clock, JudgeInfo } from '../ports.js';
import type { Result } from '../result.js';
import type { BetweenCups } from './between-cups.js';
import type { BundleShelf } from './bundle-shelf.js';
import { type Happening, KeptState } from './kept-state.js';
import { loadCandidate } from './load-candidate.js';
import type { Prover } from './prover.js';
import { Standby } from './standby.js';
import type { JudgeProcess, SwitchingJudge } from './switching-judge.js';
import { Trial } from './trial.js';
import type { TrialLimits } from './trial-watch.js';

export interface BundleUpdateOptions {
  readonly shelf: BundleShelf;
  readonly judge: SwitchingJudge;
  readonly betweenCups: BetweenCups;
  readonly provers: readonly Prover[];
  readonly clock: Clock;
  readonly commitWithinS: number;
  /** Also after the trial a process of the bundle before stays ready, for a rollback without a wait. */
  readonly keepPrevious: boolean;
  readonly trial: TrialLimits;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Told where no bundle can judge, because it is not known which one should. */
  readonly onFault: (error: CupcheckError) => void;
  /** The document changed: what judges, or until when. */
  readonly onChanged: () => void;
}

export type UpdateEvent =
  | { readonly step: 'loading' | 'proving' | 'waiting' }
  | { readonly step: 'proved'; readonly by: string; readonly found: string };

/** How bundles stand after a request. */
export interface UpdateAnswer {
  readonly outcome: 'activated' | 'serving' | 'committed' | 'rolled_back' | 'withdrawn' | 'nothing_to_do';
  readonly active: Judging;
  readonly previous: Judging | null;
  /** Rolled back then, where nobody commits; `null` = committed. */
  readonly until: string | null;
  /** From the request until the bundle judged. */
  readonly ms: number;
}

const never = new AbortController().signal;

/** What is to judge, and is proved beside what does. */
interface Attempt {
  readonly judging: Judging;
  /** Its name in a sentence. */
  readonly what: string;
  /** Writes the document and exchanges the two processes. */
  readonly take: (process: JudgeProcess, info: JudgeInfo) => Promise<void>;
  /** Told where it comes to nothing. */
  readonly rejected: (error: CupcheckError) => Promise<unknown>;
}

/**
 * The bundles of a running station: proves a candidate in a second process while the active bundle judges, exchanges them between two cups,
 * and goes back by itself. The document is written before a bundle judges its first cup, and what judges never runs ahead of it, but for
 * a rollback that the disk refuses.
 */
export class BundleUpdates {
  readonly #options: BundleUpdateOptions;
  readonly #kept: KeptState;
  readonly #trial: Trial;
  /** At most two processes run at a time: while a candidate is proved none stands by. */
  readonly #standby: Standby;
  #serving: JudgeProcess | null = null;
  #activation: {
    readonly bundle: string | null;
    readonly abort: AbortController;
    readonly ended: Promise<unknown>;
  } | null = null;
  #last: Promise<unknown> = Promise.resolve();
  readonly #stopping = new AbortController();

  constructor(options: BundleUpdateOptions) {
    this.#options = options;
    const { shelf, clock, log, onChanged, trial: limits, commitWithinS } = options;
    this.#kept = new KeptState({ shelf, clock, log, onChanged });
    this.#trial = new Trial({ clock, limits, commitWithinS, onFailed: (why) => this.#fail(why) });
    this.#standby = new Standby((judging) => shelf.process(judging), log);
    options.judge.onState((state, error) => {
      if (state === 'failed') this.#fail(`it does not run: ${error?.message ?? 'no reason given'}`);
      // What judges comes first: only then is there time for the one beside it.
      if (state === 'ready') void this.#inTurn(() => this.#keepStandby());
    });
  }

  /** `null` before the start, and where it cannot be read. */
  get state(): BundleState | null {
    return this.#kept.state;
  }

  /** Lets judge what the document says, and goes on with what was staged while the station did not run. */
  async start(): Promise<void> {
    const { shelf, judge, clock, log, onFault } = this.#options;
    try {
      const { before, state, kept } = await shelf.start(clock.utc());
      this.#kept.begin(state);
      if (state !== before) {
        const { why, name, version, outcome } = state.outcomes.at(-1) ?? {};
        log.warn({ name, version, outcome, why, judges: judgingName(state.active) }, 'bundles at the start');
      }
      if (kept !== null) log.error({ err: kept }, 'the state of the bundles could not be kept');
      const process = shelf.process(state.active);
      this.#serving = process;
      judge.serve(process);
      await process.start();
      this.#trial.begin(this.#kept.known());
      if (state.candidate?.step === 'staged') void this.#resume(state.candidate.bundle);
    } catch (thrown) {
      const problem = asCupcheckError(thrown);
      this.#kept.refuse(problem);
      onFault(problem);
    }
  }

  /** Ends every process; what is being proved is rejected. */
  async stop(): Promise<void> {
    this.#stopping.abort(new CupcheckError('MODEL_NOT_READY', 'the station stops'));
    this.#trial.end();
    this.#activation?.abort.abort(new CupcheckError('BUNDLE_REJECTED', 'the station was stopped'));
    await this.#activation?.ended;
    await this.#last;
    await Promise.all([this.#serving?.stop(), this.#standby.stop()]);
  }

  /**
   * Proves an installed bundle and lets it judge, on trial. Where that very bundle is being proved already, it waits for the end of it.
   * @throws BUNDLE_BUSY, BUNDLE_STEP, BUNDLE_STATE, STORAGE_FAULT, BUNDLE_REJECTED with what speaks against it, and as the manifest
   */
  async activate(sha256: string, emit: (event: UpdateEvent) => void, signal: AbortSignal): Promise<UpdateAnswer> {
    const startNs = this.#options.clock.nowNs();
    const { active } = this.#kept.known();
    if (this.#activation?.bundle === sha256) {
      await this.#activation.ended;
      return this.#joined(sha256, startNs);
    }
    if (active.bundle === sha256) return this.#answer('nothing_to_do', startNs);
    return this.#activating(
      sha256,
      async (own) => {
        const candidate = await this.#options.shelf.named(sha256);
        await this.#kept.change({ type: 'stage', candidate });
        await this.#proveStaged(emit, own);
        return this.#answer('activated', startNs);
      },
      signal,
    );
  }

  /**
   * Proves the active bundle with another gallery for a network, and lets both judge; `null` = with none. Also of a bundle on trial.
   * @throws BUNDLE_BUSY, BUNDLE_STATE, STORAGE_FAULT, GALLERY_INVALID, BUNDLE_REJECTED with what speaks against it
   */
  async serve(
    network: string,
    served: ServedGallery | null,
    emit: (event: UpdateEvent) => void,
    signal: AbortSignal,
  ): Promise<UpdateAnswer> {
    const startNs = this.#options.clock.nowNs();
    this.#kept.known();
    return this.#activating(
      null,
      async (own) => {
        if (served !== null) await this.#options.shelf.requireGallery(network, served.gallery);
        const event = { type: 'serve', network, served } as const;
        const next = this.#kept.next(event);
        if (next === this.#kept.known()) return this.#answer('nothing_to_do', startNs);
        await this.#proveGallery(next.active, event, emit, own);
        return this.#answer('serving', startNs);
      },
      signal,
    );
  }

  /** Names the calibration that counts from the next start on. Errors: BUNDLE_STATE, STORAGE_FAULT, CALIBRATION_INVALID. */
  async calibrate(calibration: string): Promise<void> {
    this.#kept.known();
    await this.#inTurn(async () => {
      await this.#options.shelf.requireCalibration(calibration);
      await this.#kept.change({ type: 'calibrate', calibration });
    });
  }

  /** Keeps the active bundle for good. Errors: BUNDLE_BUSY, BUNDLE_STATE, STORAGE_FAULT. */
  async commit(): Promise<UpdateAnswer> {
    const startNs = this.#options.clock.nowNs();
    if (this.#activation !== null) throw busy();
    return this.#inTurn(async () => {
      if (!(await this.#kept.change({ type: 'commit' }))) return this.#answer('nothing_to_do', startNs);
      this.#trial.end();
      await this.#keepStandby();
      return this.#answer('committed', startNs);
    });
  }

  /**
   * Undoes the newest step: ends a proof, or goes back to the bundle before. No cup is judged by the bundle that goes from then on.
   * @param only the bundle that is to go; where it is not the newest, there is nothing to do
   * @throws BUNDLE_STATE; STORAGE_FAULT where it went back and that could not be written down
   */
  async rollback(why: string, only: string | null = null): Promise<UpdateAnswer> {
    const startNs = this.#options.clock.nowNs();
    const running = this.#activation;
    if (running !== null && (only === null || only === running.bundle)) {
      const { trial } = this.#kept.known();
      running.abort.abort(new CupcheckError('BUNDLE_REJECTED', why));
      await running.ended;
      if (this.#kept.known().trial === trial) return this.#answer('withdrawn', startNs);
    }
    return this.#inTurn(async () => {
      const before = this.#kept.known();
      const newest = before.candidate ?? before.active;
      if (only !== null && only !== newest.bundle) return this.#answer('nothing_to_do', startNs);
      const lost = await this.#rollBack(why);
      if (lost !== null) throw lost;
      return this.#answer(this.#kept.known() === before ? 'nothing_to_do' : 'rolled_back', startNs);
    });
  }

  /** Each result of the station passes here. */
  saw(result: Pick<Result, 'bundle' | 'reasons'>): void {
    this.#trial.saw(result);
  }

  /** A self-test failed that this bundle judged: while it is on trial it goes. */
  selfTestFailed(bundle: string, why: string): void {
    const { active = null, trial = null } = this.#kept.state ?? {};
    if (trial !== null && active?.bundle === bundle) this.#fail(`the self-test failed: ${why}`);
  }

  #joined(sha256: string, startNs: bigint): UpdateAnswer {
    const { active, outcomes } = this.#kept.known();
    if (active.bundle === sha256) return this.#answer('activated', startNs);
    const last = outcomes.at(-1);
    throw new CupcheckError(
      'BUNDLE_REJECTED',
      `${last?.name ?? sha256} ${last?.version ?? ''}: ${last?.why ?? 'rejected'}`,
    );
  }

  #answer(outcome: UpdateAnswer['outcome'], startNs: bigint): UpdateAnswer {
    const { active, previous, trial } = this.#kept.known();
    const ms = Number((this.#options.clock.nowNs() - startNs) / 1_000_000n);
    return { outcome, active, previous, until: trial?.until ?? null, ms };
  }

  /** One after the other. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #activating<T>(
    bundle: string | null,
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    if (this.#activation !== null) throw busy();
    const abort = new AbortController();
    const run = this.#inTurn(() => work(AbortSignal.any([signal, abort.signal])));
    const ended = run.then(
      () => undefined,
      () => undefined,
    );
    this.#activation = { bundle, abort, ended };
    try {
      return await run;
    } finally {
      this.#activation = null;
    }
  }

  async #resume(bundle: string): Promise<void> {
    const { log } = this.#options;
    const told = (event: UpdateEvent) => log.info(event, 'staged bundle');
    await this.#activating(bundle, (signal) => this.#proveStaged(told, signal), never).catch((thrown: unknown) =>
      log.error({ err: asCupcheckError(thrown) }, 'the staged bundle does not judge'),
    );
  }

  async #proveStaged(emit: (event: UpdateEvent) => void, signal: AbortSignal): Promise<void> {
    const { clock, commitWithinS, log } = this.#options;
    await this.#kept.change({ type: 'prove' });
    const { candidate: named, active } = this.#kept.known();
    if (named === null) throw new CupcheckError('INTERNAL', 'no bundle is a candidate');
    const { bundle, name, version } = named;
    const serving = { bundle, name, version, galleries: active.galleries, engine: null };
    const rejected = (error: CupcheckError) => this.#kept.settle({ type: 'reject', why: error.message });
    const take = async (process: JudgeProcess, info: JudgeInfo) => {
      const until = new Date(clock.utc().getTime() + commitWithinS * 1000).toISOString();
      await this.#kept.change({ type: 'activate', serving: { ...serving, engine: info.engine.used }, until });
      await this.#exchange(process, (former) => {
        this.#standby.hold(active, former);
        this.#trial.begin(this.#kept.known());
      });
      log.info({ bundle, name, version, until }, 'bundle active, on trial');
    };
    await this.#beside({ judging: serving, what: `${name} ${version}`, take, rejected }, emit, signal);
  }

  async #proveGallery(
    judging: Judging,
    event: Extract<Happening, { type: 'serve' }>,
    emit: (event: UpdateEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { network, served } = event;
    const what = served === null ? 'the bundle without what was taught' : `gallery ${served.gallery.slice(0, 12)}`;
    const take = async (process: JudgeProcess) => {
      await this.#kept.change(event);
      await this.#exchange(process, (former) => this.#standby.retire(former));
    };
    await this.#beside({ judging, what, take, rejected: () => Promise.resolve() }, emit, signal);
    this.#options.log.info({ network, gallery: served?.gallery ?? null }, 'another gallery serves');
    await this.#keepStandby();
  }

  /**
   * Proves an attempt in a second process and lets it be taken at a moment between two cups.
   * @throws BUNDLE_REJECTED with what speaks against it
   */
  async #beside(
    { judging, what, take, rejected }: Attempt,
    emit: (event: UpdateEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { shelf, betweenCups, log } = this.#options;
    this.#standby.drop();
    const process = shelf.process(judging);
    try {
      emit({ step: 'loading' });
      const info = await loadCandidate(process, signal);
      await this.#prove(process, info, judging.bundle, emit, signal);
      emit({ step: 'waiting' });
      await betweenCups(() => undefined, signal);
      signal.throwIfAborted();
      await take(process, info);
    } catch (thrown) {
      await process.stop();
      const error = signal.aborted ? asCupcheckError(signal.reason) : asCupcheckError(thrown);
      await rejected(error);
      await this.#keepStandby();
      log.warn({ what, err: error }, 'rejected');
      throw new CupcheckError('BUNDLE_REJECTED', `${what}: ${error.message} (${error.code})`, { cause: error });
    }
  }

  async #prove(
    candidate: JudgeProcess,
    info: JudgeInfo,
    bundle: string | null,
    emit: (event: UpdateEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (bundle !== null && info.bundle.sha256 !== bundle)
      throw new CupcheckError('BUNDLE_DIGEST', `the bundle ${info.bundle.sha256} was loaded`);
    emit({ step: 'proving' });
    for (const prover of this.#options.provers)
      emit({ step: 'proved', by: prover.name, found: await prover.prove(candidate, signal) });
    if (candidate.info === null) throw candidate.problem ?? new CupcheckError('MODEL_NOT_READY', 'it ended');
  }

  /** After the document there is no way out but a rollback: the exchange waits for the end of a cup, however long it takes. */
  async #exchange(process: JudgeProcess, exchanged: (former: JudgeProcess | null) => void): Promise<void> {
    const { betweenCups, judge } = this.#options;
    await betweenCups(() => {
      const former = judge.serve(process);
      this.#serving = process;
      exchanged(former);
    }, never);
  }

  async #rollBack(why: string): Promise<CupcheckError | null> {
    const { shelf, log } = this.#options;
    const { active, previous } = this.#kept.known();
    if (active.bundle === null || previous === null) return null;
    // What runs beside it was verified when it was loaded.
    const unfit = this.#standby.isReady ? undefined : await shelf.unfit([previous]);
    const lost = await this.#kept.settle({ type: 'rollback', why, ...(unfit === undefined ? {} : { unfit }) });
    this.#trial.end();
    const target = this.#kept.known().active;
    const process = this.#standby.take(target);
    await process.start();
    await this.#exchange(process, (former) => this.#standby.retire(former));
    this.#standby.drop();
    log.warn({ from: judgingName(active), to: judgingName(target), why }, 'rolled back');
    // One that cannot be loaded is told by the judge's state.
    await loadCandidate(process, this.#stopping.signal).catch(() => undefined);
    return lost;
  }

  async #keepStandby(): Promise<void> {
    if (this.#stopping.signal.aborted || this.#kept.state === null) return;
    const { previous, trial } = this.#kept.state;
    const wanted = trial !== null || this.#options.keepPrevious ? previous : null;
    await this.#standby.keep(wanted);
  }

  /** The active bundle, if it is on trial, goes. */
  #fail(why: string): void {
    const { log, onFault } = this.#options;
    const failing = this.#kept.state?.trial ?? null;
    if (failing === null || this.#stopping.signal.aborted) return;
    this.#inTurn(async () => {
      // Committed, or rolled back, meanwhile.
      if (this.#kept.state?.trial === failing && !this.#stopping.signal.aborted) await this.#rollBack(why);
    }).catch((thrown: unknown) => {
      const error = asCupcheckError(thrown);
      log.error({ err: error }, 'the bundle on trial cannot be rolled back');
      onFault(error);
    });
  }
}

const busy = () => new CupcheckError('BUNDLE_BUSY', 'the station proves another bundle');

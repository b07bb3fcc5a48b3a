import type { Logger } from 'pino';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import type { Clock, CupJudge, JudgeInfo } from '../ports.js';
import { type PartCheck, withUnresolved } from '../station-check/part-finding.js';
import type { BetweenCups } from '../update/between-cups.js';
import type { GoldenVerdict } from './compare-golden.js';
import { countGolden, type ListedGolden, listGolden } from './golden-folder.js';
import { replayGolden } from './replay-golden.js';
import { doubtOf, isOlder } from './self-test-doubt.js';
import {
  failedParts,
  isSame,
  type JudgedBy,
  judgedBy,
  keepReport,
  readReport,
  reportOf,
  type SelfTestReport,
} from './self-test-report.js';

export interface SelfTestLimits {
  readonly maxScoreDifference: number;
  readonly maxAmbers: number;
  readonly atStart: boolean;
  /** 0 = never by itself. */
  readonly everyH: number;
  /** 0 = never overdue. */
  readonly maxAgeH: number;
}

export interface SelfTestOptions {
  /** The golden pictures. */
  readonly folder: string;
  /** Where the last report lies. */
  readonly reportPath: string;
  readonly judge: Pick<CupJudge, 'info' | 'replay' | 'onState'>;
  readonly betweenCups: BetweenCups;
  /** Looks at the station's parts, before the pictures. */
  readonly checkParts: PartCheck;
  readonly clock: Clock;
  readonly limits: SelfTestLimits;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** A golden picture failed. */
  readonly onFailed: (report: SelfTestReport) => void;
}

export interface SelfTestEvent {
  readonly done: number;
  readonly total: number;
  readonly picture: GoldenVerdict;
}

/** For `status`. */
export interface SelfTestStatus {
  /** Golden pictures that are kept. */
  readonly pictures: number;
  readonly running: boolean;
  /** Why cups are amber; `null` where they are not for this. */
  readonly doubt: string | null;
  readonly last: Pick<SelfTestReport, 'at' | 'outcome' | 'pictures' | 'failures' | 'failed' | 'parts' | 'by'> | null;
}

const nsPerMs = 1_000_000n;
/** How often it is looked whether one is due. */
const lookEveryMs = 60_000;
/** One that broke off is tried again by itself after this. */
const retryMs = 600_000;
/** Loading the networks of a large bundle on a slow board. */
const readyWithinMs = 120_000;
/** Models that are remembered as good: the one that serves, those before and after it. */
const mostVouched = 8;
/** Bundles that may be exchanged during one run. */
const mostExchanges = 3;

interface Progress {
  readonly listeners: Set<(event: SelfTestEvent) => void>;
  /** It has read the records: what is changed from then on is not in it. */
  hasRead: boolean;
}

interface Run {
  readonly progress: Progress;
  readonly ended: Promise<SelfTestReport>;
}

/**
 * Has the golden pictures judged by what judges cups: by request, at the start, on a schedule, and whenever another bundle, gallery or provider
 * serves. Each picture waits for a moment between two cups; a cup that comes meanwhile waits for one picture at most.
 */
export class SelfTest {
  readonly #options: SelfTestOptions;
  readonly #stopping = new AbortController();
  #pictures = 0;
  #report: SelfTestReport | null = null;
  /** When `#report` was made, CLOCK_MONOTONIC; `null` = before this start. */
  #reportNs: bigint | null = null;
  /** Models that judged the golden pictures as they must be: in a self-test, or in the proof before they served. */
  #vouched: readonly JudgedBy[] = [];
  #run: Run | null = null;
  /** The run that begins when the present one has ended. */
  #next: Promise<Run> | null = null;
  #startDue = false;
  #notBeforeNs = 0n;
  #ticking: Promise<void> = Promise.resolve();

  constructor(options: SelfTestOptions) {
    this.#options = options;
  }

  get status(): SelfTestStatus {
    return { pictures: this.#pictures, running: this.#run !== null, doubt: this.doubt(), last: this.#report };
  }

  /** Why no green can be relied on; `null` where the last self-test vouches for it, or there is no golden picture. */
  doubt(): string | null {
    const report = this.#report;
    return doubtOf({
      report,
      ageMs: report === null ? null : this.#ageMs(report),
      pictures: this.#pictures,
      serving: this.#options.judge.info,
      vouched: this.#vouched,
      maxAgeH: this.#options.limits.maxAgeH,
    });
  }

  /** The proof of a candidate judged every golden picture as it must be: it may serve before its first self-test has ended. */
  vouch(info: JudgeInfo): void {
    this.#vouched = [...this.#vouched, judgedBy(info)].slice(-mostVouched);
  }

  /** Reads what was kept, and begins to look after what is due. */
  async start(): Promise<void> {
    const { reportPath, log } = this.#options;
    this.#report = await readReport(reportPath).catch((thrown: unknown) => {
      log.error({ err: asCupcheckError(thrown) }, 'the last self-test cannot be read: it counts as none');
      return null;
    });
    this.#startDue = this.#options.limits.atStart;
    this.#options.judge.onState((state) => {
      if (state === 'ready') this.#runIfDue();
    });
    if (this.#report?.outcome === 'passed') this.#vouched = [this.#report.by];
    await this.look();
    this.#ticking = this.#tick();
    this.#runIfDue();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new CupcheckError('MODEL_NOT_READY', 'the station stops'));
    await this.#ticking;
    await this.#run?.ended.catch(() => undefined);
  }

  /** Counts the golden pictures: another process adds and removes them. */
  async look(): Promise<void> {
    const { folder, log } = this.#options;
    this.#pictures = await countGolden(folder).catch((thrown: unknown) => {
      log.error({ err: asCupcheckError(thrown) }, 'the golden pictures cannot be counted');
      return Math.max(1, this.#pictures);
    });
  }

  /**
   * Judges the golden pictures as they are now: a run that has read them before is waited for first. A caller that goes away leaves it running.
   * @throws MODEL_NOT_READY where nothing judges; GOLDEN_INVALID where the folder cannot be read; the signal's reason when aborted
   */
  async run(emit: (event: SelfTestEvent) => void, signal: AbortSignal): Promise<SelfTestReport> {
    signal.throwIfAborted();
    let abort = (): void => undefined;
    const gone = new Promise<never>((_, reject) => {
      abort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
    });
    const run = this.#toCome();
    const ended = run.then((run) => {
      const { listeners } = run.progress;
      listeners.add(emit);
      return run.ended.finally(() => listeners.delete(emit));
    });
    ended.catch(() => undefined);
    try {
      return await Promise.race([ended, gone]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** A run that reads the records from now on. */
  #toCome(): Promise<Run> {
    const running = this.#run;
    if (this.#next !== null) return this.#next;
    if (running === null) return Promise.resolve(this.#begin());
    if (!running.progress.hasRead) return Promise.resolve(running);
    this.#next = running.ended
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        return this.#run ?? this.#begin();
      });
    return this.#next;
  }

  #ageMs({ at }: SelfTestReport): number {
    const { clock } = this.#options;
    if (this.#reportNs !== null) return Number((clock.nowNs() - this.#reportNs) / nsPerMs);
    return clock.utc().getTime() - Date.parse(at);
  }

  async #tick(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await clock.until(clock.nowNs() + BigInt(lookEveryMs) * nsPerMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.look();
      this.#runIfDue();
    }
  }

  #isDue(info: JudgeInfo): boolean {
    const { everyH } = this.#options.limits;
    const report = this.#report;
    if (this.#startDue) return true;
    // With no picture there is nothing to find out of the model, but for a failure whose pictures were taken away.
    if (this.#pictures === 0 && report?.outcome === 'failed') return true;
    if (this.#pictures === 0) return everyH > 0 && (report === null || isOlder(this.#ageMs(report), everyH));
    if (report !== null && !isSame(report.by, judgedBy(info))) return true;
    if (everyH === 0) return false;
    if (report === null || report.outcome === 'no_pictures') return true;
    return isOlder(this.#ageMs(report), everyH);
  }

  #runIfDue(): void {
    const { judge, clock, log } = this.#options;
    if (this.#run !== null || judge.info === null || this.#stopping.signal.aborted) return;
    if (clock.nowNs() < this.#notBeforeNs || !this.#isDue(judge.info)) return;
    this.#startDue = false;
    this.#begin().ended.catch((thrown: unknown) => {
      this.#notBeforeNs = clock.nowNs() + BigInt(retryMs) * nsPerMs;
      log.warn({ err: asCupcheckError(thrown) }, 'the self-test broke off');
    });
  }

  #begin(): Run {
    const progress: Progress = { listeners: new Set(), hasRead: false };
    const ended = this.#judgeAll(progress).finally(() => {
      this.#run = null;
    });
    // Whoever waits is told; without anybody the log is.
    ended.catch(() => undefined);
    this.#run = { progress, ended };
    return this.#run;
  }

  async #judgeAll(progress: Progress): Promise<SelfTestReport> {
    const { clock, reportPath, limits, log, onFailed, checkParts } = this.#options;
    const startNs = clock.nowNs();
    const parts = withUnresolved(await checkParts(this.#stopping.signal), this.#report?.parts ?? []);
    for (let exchanges = 0; exchanges <= mostExchanges; exchanges++) {
      const by = judgedBy(await this.#ready());
      progress.hasRead = true;
      const listed = await listGolden(this.#options.folder);
      const found = await this.#judgeListed(listed, by, progress.listeners);
      if (found === null) continue;
      const ms = Number((clock.nowNs() - startNs) / nsPerMs);
      const report = reportOf(found, { by, ms, parts, maxAmbers: limits.maxAmbers, at: clock.utc() });
      this.#pictures = listed.length;
      this.#report = report;
      this.#reportNs = clock.nowNs();
      this.#vouched = this.#vouched.filter((one) => !isSame(one, by));
      if (report.outcome === 'passed') this.#vouched = [...this.#vouched, by].slice(-mostVouched);
      // It counts all the same: without its file the next start runs another.
      await keepReport(reportPath, report).catch((thrown: unknown) =>
        log.error({ err: asCupcheckError(thrown) }, 'the self-test could not be kept'),
      );
      const { outcome, pictures, failures, failed, difference } = report;
      const broken = failedParts(report);
      log[outcome === 'failed' || broken.length > 0 ? 'error' : 'info'](
        { outcome, pictures, failures, failed, difference, parts: broken, ms },
        'self-test',
      );
      if (outcome === 'failed') onFailed(report);
      return report;
    }
    throw new CupcheckError('MODEL_NOT_READY', `bundles were exchanged ${mostExchanges} times during the self-test`);
  }

  /** `null` where another model served before the last picture was judged. */
  async #judgeListed(
    listed: readonly ListedGolden[],
    by: JudgedBy,
    listeners: Progress['listeners'],
  ): Promise<readonly GoldenVerdict[] | null> {
    const verdicts: GoldenVerdict[] = [];
    for (const golden of listed) {
      const picture = await this.#judgeOne(golden, by);
      if (picture === null) return null;
      verdicts.push(picture);
      const event = { done: verdicts.length, total: listed.length, picture };
      for (const listener of listeners) listener(event);
    }
    return verdicts;
  }

  async #judgeOne(golden: ListedGolden, by: JudgedBy): Promise<GoldenVerdict | null> {
    const { folder, judge, betweenCups, limits } = this.#options;
    const { signal } = this.#stopping;
    let judging: Promise<GoldenVerdict> | null = null;
    await betweenCups(() => {
      judging = replayGolden(folder, golden, judge, limits.maxScoreDifference, signal);
      judging.catch(() => undefined);
    }, signal);
    const verdict = await (judging ?? Promise.reject(new CupcheckError('INTERNAL', 'no moment between cups')));
    // A process that fell with this picture is started again first.
    return isSame(judgedBy(await this.#ready()), by) ? verdict : null;
  }

  /** What judges, as soon as something does. Errors: MODEL_NOT_READY. */
  async #ready(): Promise<JudgeInfo> {
    const { judge, clock } = this.#options;
    if (judge.info !== null) return judge.info;
    const patience = new AbortController();
    const signal = AbortSignal.any([patience.signal, this.#stopping.signal]);
    const unsubscribe = judge.onState((state) => {
      if (state !== 'loading') patience.abort(new Error('it is known'));
    });
    await clock.until(clock.nowNs() + BigInt(readyWithinMs) * nsPerMs, signal).catch(() => undefined);
    unsubscribe();
    const { info } = judge;
    if (info === null) throw new CupcheckError('MODEL_NOT_READY', 'nothing judges, so the self-test cannot be run');
    return info;
  }
}

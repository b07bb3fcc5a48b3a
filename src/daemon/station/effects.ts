import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { type Reason, type ReasonGiven, reasons } from '../../pipeline/judgement.js';
import type { OrderBook } from '../order-book.js';
import type { Camera, Clock, CupJudge, FrameRef, Journal, Light } from '../ports.js';
import type { Result } from '../result.js';
import { takeCodeOrder } from './code-order.js';
import { freshFrame, nextFrame } from './capture.js';
import { concludeCup, type PicturePolicy } from './conclude.js';
import { type Cup, releaseFrames } from './cup.js';
import type { HostFacts, StationFacts } from './draft.js';
import type { Effect, FaultSource, StationEvent } from './states.js';
import { judgeFrames } from './verdict.js';
import { watchCup } from './watch.js';

const nsPerMs = 1_000_000n;

export interface StationTimes {
  readonly settleMs: number;
  readonly deadlineMs: number;
  readonly showMs: number;
  readonly watchMs: number;
  readonly frameTimeoutMs: number;
  /** Pause before a failed self-test or a failed disk is tried again. */
  readonly faultRetryMs: number;
}

export interface StationPorts {
  readonly clock: Clock;
  readonly camera: Camera;
  readonly light: Light;
  readonly judge: CupJudge;
  readonly journal: Journal;
  readonly orders: OrderBook;
  readonly log: Logger;
  readonly facts: StationFacts;
  readonly host: () => HostFacts;
  readonly picture: PicturePolicy;
  /** The bytes of a frame, valid until it is released. */
  readonly frameBytes: (frame: FrameRef) => Uint8Array;
  readonly presenceKnown: boolean;
  /** Draws whether a would-be green is shown amber, so that a person checks the station. */
  readonly audited: () => boolean;
  /** Why the self-test does not vouch for a green; `null` where it does, or there is none. */
  readonly doubt: () => string | null;
  readonly times: StationTimes;
}

/** Does what the state machine asks for, against the ports, and reports back by events. Holds the cups in progress. */
export class StationEffects {
  private readonly cups = new Map<string, Cup>();
  private readonly pending = new Set<Promise<void>>();
  private readonly stopped = new AbortController();
  /** The work of cups that ran into their deadline and may still end. */
  private readonly lateWork = new Set<AbortController>();
  /** Judgements that came after their cup's verdict was given. */
  lateJudgements = 0;
  /** Times that a cup's rows could not be written. */
  storageFailures = 0;

  constructor(
    private readonly ports: StationPorts,
    private readonly emit: (event: StationEvent) => void,
    private readonly ownsLight: (cup: string) => boolean,
    private readonly onResult: (result: Result) => void,
  ) {}

  /** A new cup's id; `tag` travels to its result. */
  open(atNs: bigint, tag: string | null): string {
    const id = uuidv7();
    const { clock, times } = this.ports;
    this.cups.set(id, {
      id,
      tag,
      order: null,
      times: { triggerNs: atNs, utc: clock.utc().toISOString(), settledNs: null, framedNs: null },
      deadlineNs: atNs + BigInt(times.deadlineMs) * nsPerMs,
      work: new AbortController(),
      watch: new AbortController(),
      frames: [],
      frameNs: null,
      image: null,
      judgement: null,
      judgedWith: null,
      stillThere: null,
      withdrawn: null,
      ended: false,
      concluded: false,
    });
    return id;
  }

  run(effect: Effect): void {
    const work = this.perform(effect).catch(async (thrown: unknown) => {
      const error = asCupcheckError(thrown);
      this.ports.log.error({ err: error, effect: effect.do }, 'effect failed');
      await this.passingFault('self_test', error);
    });
    this.pending.add(work);
    void work.finally(() => this.pending.delete(work));
  }

  /** Ends what only waits, and resolves when every effect has ended. */
  async stop(): Promise<void> {
    this.stopped.abort(new CupcheckError('INTERNAL', 'the station stops'));
    for (const work of this.lateWork) work.abort(this.stopped.signal.reason);
    while (this.pending.size > 0) await Promise.all(this.pending);
  }

  private async perform(effect: Effect): Promise<void> {
    switch (effect.do) {
      case 'self_test':
        return this.selfTest();
      case 'latch':
        return this.latch(this.cup(effect.cup));
      case 'settle':
        return this.settle(this.cup(effect.cup));
      case 'capture':
        return this.step(this.cup(effect.cup), (cup) => this.capture(cup), 'captured');
      case 'judge':
        return this.step(this.cup(effect.cup), (cup) => this.judge(cup), 'judged');
      case 'conclude':
        return this.conclude(this.cup(effect.cup), effect.because, effect.show);
      case 'withdraw':
        this.cup(effect.cup).withdrawn ??= effect.because;
        return;
      case 'watch':
        return this.watch(this.cup(effect.cup), false);
      case 'linger':
        return this.watch(this.cup(effect.cup), true);
      case 'forget':
        return this.forget(this.cup(effect.cup));
      case 'darken':
        await this.show('dark');
        return;
      case 'blink':
        await this.show('fault');
        return;
    }
  }

  private cup(id: string): Cup {
    const cup = this.cups.get(id);
    if (cup === undefined) throw new CupcheckError('INTERNAL', `no cup ${id} is in progress`);
    return cup;
  }

  /** A frame, a driven light: the parts that a cup needs answer. */
  private async selfTest(): Promise<void> {
    const { camera, clock, times, log } = this.ports;
    try {
      await this.ports.light.show('dark');
      if (this.ports.judge.info === null) throw new CupcheckError('MODEL_NOT_READY', 'the networks are not loaded');
      const patience = times.frameTimeoutMs * 5;
      // A camera whose frames prove nothing makes every cup amber, with the reason; it is no fault of the station.
      const frame = await nextFrame(camera, clock, clock.nowNs(), patience, new AbortController().signal);
      frame.release();
      this.emit({ type: 'self_test_passed' });
    } catch (thrown) {
      const error = asCupcheckError(thrown);
      log.error({ err: error }, 'self-test failed');
      if (error.code === 'LIGHT_LOST') this.fault('light', error);
      else await this.passingFault('self_test', error);
    }
  }

  private async latch(cup: Cup): Promise<void> {
    const { orders, clock, facts, log } = this.ports;
    for (const other of this.lateWork) other.abort(new CupcheckError('INTERNAL', 'the next cup is there'));
    this.lateWork.clear();
    const order = facts.mode === 'confirm' ? orders.latch(clock.utc()) : null;
    const latched: Cup = { ...cup, order };
    this.cups.set(cup.id, latched);
    log.info({ cup: cup.id, order: order?.id ?? null }, 'cup triggered');
    this.emit({ type: 'latched', cup: cup.id });
    await this.deadline(latched);
  }

  private async deadline(cup: Cup): Promise<void> {
    await this.ports.clock.until(cup.deadlineNs, cup.work.signal).then(
      () => this.emit({ type: 'deadline', cup: cup.id }),
      () => null,
    );
  }

  private async settle(cup: Cup): Promise<void> {
    await this.step(
      cup,
      async () => {
        await this.ports.clock.until(this.settledAt(cup), cup.work.signal);
        cup.times.settledNs = this.ports.clock.nowNs();
      },
      'settled',
    );
  }

  private settledAt(cup: Cup): bigint {
    return cup.times.triggerNs + BigInt(this.ports.times.settleMs) * nsPerMs;
  }

  private async capture(cup: Cup): Promise<void> {
    const { camera, clock, times } = this.ports;
    const first = await freshFrame(camera, clock, this.settledAt(cup), times.frameTimeoutMs, cup.work.signal);
    cup.frames = [first];
    cup.frameNs = String(first.stamp.exposedNs);
    if (first.encoding === 'jpeg') cup.image = Uint8Array.from(this.ports.frameBytes(first));
    const second = await freshFrame(camera, clock, first.stamp.exposedNs, times.frameTimeoutMs, cup.work.signal);
    cup.frames = [first, second];
    cup.times.framedNs = clock.nowNs();
  }

  private async judge(cup: Cup): Promise<void> {
    const { judge, journal, camera, clock, times, audited, doubt } = this.ports;
    cup.judgedWith = judge.info;
    const judgement = await judgeFrames(cup, judge, camera, clock, times.frameTimeoutMs, audited, doubt);
    cup.judgement = await takeCodeOrder(cup, judgement, journal, clock);
  }

  /** Runs one step of a cup's work; its end, or its failure, becomes an event. */
  private async step(
    cup: Cup,
    work: (cup: Cup) => Promise<void>,
    done: 'settled' | 'captured' | 'judged',
  ): Promise<void> {
    try {
      await work(cup);
      if (cup.ended) this.late(cup, done);
      else this.emit({ type: done, cup: cup.id });
    } catch (thrown) {
      if (cup.ended) releaseFrames(cup);
      if (cup.work.signal.aborted) return;
      const error = asCupcheckError(thrown);
      this.ports.log.warn({ cup: cup.id, err: error }, 'cup cannot be judged');
      this.emit({ type: 'failed', cup: cup.id, because: reasonOf(error) });
    }
  }

  /** The cup's verdict was given without this: it is recorded in the log and counted, and changes nothing. */
  private late(cup: Cup, done: string): void {
    releaseFrames(cup);
    const { judgement } = cup;
    if (done !== 'judged' || judgement === null) return;
    this.lateJudgements++;
    this.ports.log.warn({ cup: cup.id, verdict: judgement.verdict, design: judgement.design }, 'late judgement');
  }

  private async conclude(cup: Cup, because: ReasonGiven | null, show: boolean): Promise<void> {
    cup.ended = true;
    // Work that is late may end, so that its judgement is recorded; the next cup breaks it off.
    if (because?.reason !== 'timeout') {
      cup.work.abort(new CupcheckError('INTERNAL', `cup ${cup.id} has its verdict`));
      releaseFrames(cup);
    } else {
      this.lateWork.add(cup.work);
    }
    const { clock, journal, light, facts, judge, host, picture, orders, log } = this.ports;
    const ports = { clock, journal, light, facts, info: () => judge.info, host, picture, ownsLight: this.ownsLight };
    try {
      const result = await concludeCup(
        cup,
        because,
        show,
        ports,
        (lit) => {
          if (lit === 'green' && cup.order !== null) orders.use(cup.order.id);
          this.emit({ type: 'lit', cup: cup.id, light: lit });
        },
        log.child({ cup: cup.id }),
      );
      this.onResult(result);
    } catch (thrown) {
      const error = asCupcheckError(thrown);
      log.error({ cup: cup.id, err: error }, 'cup could not be concluded');
      if (error.code === 'LIGHT_LOST') this.fault('light', error);
      else {
        this.storageFailures++;
        await this.passingFault('storage', error);
      }
    } finally {
      cup.concluded = true;
      if (!show || cup.watch.signal.aborted) this.cups.delete(cup.id);
    }
  }

  private async watch(cup: Cup, linger: boolean): Promise<void> {
    const { camera, judge, clock, times, log } = this.ports;
    const options = { ...times, presenceKnown: this.ports.presenceKnown && !linger };
    const lit = cup.withdrawn === null && cup.judgement?.verdict === 'green' ? 'green' : 'amber';
    const watched = linger ? { ...cup, judgement: null } : cup;
    const end = await watchCup(watched, lit, { camera, judge, clock, log: log.child({ cup: cup.id }) }, options);
    if (end !== null) this.emit({ type: 'changed', cup: cup.id });
  }

  private async forget(cup: Cup): Promise<void> {
    cup.watch.abort(new CupcheckError('INTERNAL', `cup ${cup.id} is no longer shown`));
    if (cup.concluded) this.cups.delete(cup.id);
  }

  private async show(state: 'dark' | 'fault'): Promise<void> {
    try {
      await this.ports.light.show(state);
    } catch (thrown) {
      this.fault('light', thrown);
    }
  }

  /** A fault that nobody will report as mended: it is tried again after a while, by the self-test or the next cup. */
  private async passingFault(source: 'self_test' | 'storage', error: CupcheckError): Promise<void> {
    const { clock, times } = this.ports;
    this.fault(source, error);
    await clock.until(clock.nowNs() + BigInt(times.faultRetryMs) * nsPerMs, this.stopped.signal).then(
      () => this.emit({ type: 'fault_cleared', source }),
      () => null,
    );
  }

  private fault(source: FaultSource, thrown: unknown): void {
    const error = asCupcheckError(thrown);
    this.emit({ type: 'fault_raised', fault: { source, message: error.message, help: error.help } });
  }
}

/** The reason that an error stands for in a result. */
function reasonOf(error: CupcheckError): ReasonGiven {
  const consequence = error.consequence;
  const wanted = consequence.kind === 'amber' ? consequence.reason : 'internal_error';
  const reason: Reason = reasons.find((known) => known === wanted) ?? 'internal_error';
  return { reason, detail: error.message };
}

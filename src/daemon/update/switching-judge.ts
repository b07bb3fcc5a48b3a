import { CupcheckError } from '../../errors.js';
import type { Judgement } from '../../pipeline/judgement.js';
import type { CupJudge, FrameRef, JudgeInfo, JudgeRequest, ReplayedCup, ReplayRequest } from '../ports.js';

/** A judging process with one bundle. */
export interface JudgeProcess extends CupJudge {
  readonly state: 'stopped' | 'loading' | 'ready' | 'failed';
  readonly problem: Error | null;
  /** How often it was started again. */
  readonly restarts: number;
}

type Listener = Parameters<CupJudge['onState']>[0];

/** The judge that the station asks: one process at a time, exchanged from outside between two cups. */
export class SwitchingJudge implements CupJudge {
  readonly #listeners = new Set<Listener>();
  #serving: JudgeProcess | null = null;
  #unsubscribe: () => void = () => undefined;
  #restartsBefore = 0;
  /** Restarts that the serving process had had before it served. */
  #restartsAside = 0;

  get info(): JudgeInfo | null {
    return this.#serving?.info ?? null;
  }

  /** Restarts of the processes that served, while they did. */
  get restarts(): number {
    return this.#restartsBefore + (this.#serving?.restarts ?? 0) - this.#restartsAside;
  }

  /**
   * From now on `next` is asked; call it when no cup is in progress. Listeners are told how it is.
   * @returns the one that was asked before, as it runs; `null` for the first
   */
  serve(next: JudgeProcess): JudgeProcess | null {
    const before = this.#serving;
    if (before === next) return null;
    this.#unsubscribe();
    this.#restartsBefore = this.restarts;
    this.#restartsAside = next.restarts;
    this.#serving = next;
    this.#unsubscribe = next.onState((state, error) => this.#tell(state, error));
    if (next.state !== 'stopped') this.#tell(next.state, next.problem);
    return before;
  }

  judge(request: JudgeRequest, signal: AbortSignal): Promise<Judgement> {
    return this.#serving?.judge(request, signal) ?? notReady();
  }

  compare(cup: string, frame: FrameRef, signal: AbortSignal): Promise<{ same: boolean; difference: number }> {
    return this.#serving?.compare(cup, frame, signal) ?? notReady();
  }

  replay(request: ReplayRequest, signal: AbortSignal): Promise<ReplayedCup> {
    return this.#serving?.replay(request, signal) ?? notReady();
  }

  onState(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    await this.#serving?.start();
  }

  async stop(): Promise<void> {
    await this.#serving?.stop();
  }

  #tell(state: 'loading' | 'ready' | 'failed', error: Error | null): void {
    for (const listener of this.#listeners) listener(state, error);
  }
}

const notReady = (): Promise<never> =>
  Promise.reject(new CupcheckError('MODEL_NOT_READY', 'it is not known yet which bundle judges'));

import type { Logger } from 'pino';
import { type Judging, judgingName, sameJudging } from '../bundles/bundle-state.js';
import type { JudgeProcess } from './switching-judge.js';

/** A process of what judged before, kept ready for a rollback without a wait; and the ends of those that have no more to do. */
export class Standby {
  readonly #make: (judging: Judging) => JudgeProcess;
  readonly #log: Pick<Logger, 'warn'>;
  #kept: { readonly judging: Judging; readonly process: JudgeProcess } | null = null;
  /** They may take a moment to end. */
  readonly #retiring = new Set<Promise<void>>();

  /** @param make a process that judges by it; not started */
  constructor(make: (judging: Judging) => JudgeProcess, log: Pick<Logger, 'warn'>) {
    this.#make = make;
    this.#log = log;
  }

  get isReady(): boolean {
    return this.#kept?.process.state === 'ready';
  }

  /** Keeps a process that runs; `null` = none. */
  hold(judging: Judging, process: JudgeProcess | null): void {
    this.#kept = process === null ? null : { judging, process };
  }

  /** Starts what is wanted, where it is not there; `null` = nothing. */
  async keep(wanted: Judging | null): Promise<void> {
    if (wanted !== null && this.#kept !== null && sameJudging(this.#kept.judging, wanted)) return;
    this.drop();
    if (wanted === null) return;
    const process = this.#make(wanted);
    this.hold(wanted, process);
    process.onState((state, error) => {
      if (state !== 'failed' || this.#kept?.process !== process) return;
      this.#log.warn({ err: error, bundle: judgingName(wanted) }, 'the bundle before cannot be kept ready');
      this.drop();
    });
    await process.start();
  }

  /** Gives the process away that judges so; where another one is kept, or none, a new one. */
  take(judging: Judging): JudgeProcess {
    const kept = this.#kept;
    if (kept === null || !sameJudging(kept.judging, judging)) return this.#make(judging);
    this.#kept = null;
    return kept.process;
  }

  drop(): void {
    this.retire(this.#kept?.process ?? null);
    this.#kept = null;
  }

  /** Ends a process that judged. */
  retire(process: JudgeProcess | null): void {
    if (process === null) return;
    const gone = process.stop().finally(() => this.#retiring.delete(gone));
    this.#retiring.add(gone);
  }

  /** Ends every one of them. */
  async stop(): Promise<void> {
    await Promise.all([this.#kept?.process.stop(), ...this.#retiring]);
  }
}

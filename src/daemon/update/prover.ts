import type { CupJudge } from '../ports.js';

/** Holds a loaded candidate against what this station knows, before it may judge a cup. */
export interface Prover {
  /** In a word, for people: "golden pictures". */
  readonly name: string;
  /**
   * @returns what was found, for people; also that it could not be looked at, which is no fault of the candidate
   * @throws what speaks against the candidate; the signal's reason when aborted
   */
  prove(candidate: CupJudge, signal: AbortSignal): Promise<string>;
}

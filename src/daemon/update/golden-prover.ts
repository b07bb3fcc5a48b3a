import { CupcheckError } from '../../errors.js';
import { failuresOf, goldenName, type GoldenVerdict } from '../golden/compare-golden.js';
import { listGolden } from '../golden/golden-folder.js';
import { replayGolden } from '../golden/replay-golden.js';
import type { CupJudge, JudgeInfo } from '../ports.js';
import type { Prover } from './prover.js';

export interface GoldenProverOptions {
  readonly folder: string;
  readonly maxScoreDifference: number;
  /** Cups that are right and were green may turn amber so often. */
  readonly maxAmbers: number;
  /** Told of a candidate that judged every picture as it must be. */
  readonly onProved: (info: JudgeInfo) => void;
}

/** So many are named. */
const mostNamed = 5;
const longestWhy = 200;

/** What is wrong, for people: the first ones by name. */
export function failuresText(failures: readonly GoldenVerdict[]): string {
  const named = failures
    .slice(0, mostNamed)
    .map((one) => `${goldenName(one)}: ${(one.why ?? one.outcome).slice(0, longestWhy)}`);
  const more = failures.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/**
 * Has the candidate judge every golden picture of this station. One that must never be green and is, one that cannot be judged, and more than
 * `maxAmbers` that turned amber speak against it.
 */
export class GoldenProver implements Prover {
  readonly name = 'golden pictures';
  readonly #options: GoldenProverOptions;

  constructor(options: GoldenProverOptions) {
    this.#options = options;
  }

  async prove(candidate: CupJudge, signal: AbortSignal): Promise<string> {
    const { folder, maxScoreDifference, maxAmbers, onProved } = this.#options;
    const verdicts: GoldenVerdict[] = [];
    for (const golden of await listGolden(folder))
      verdicts.push(await replayGolden(folder, golden, candidate, maxScoreDifference, signal));
    const failures = failuresOf(verdicts, maxAmbers);
    if (failures.length > 0)
      throw new CupcheckError(
        'GOLDEN_FAILED',
        `${failures.length} of ${verdicts.length} golden pictures speak against it: ${failuresText(failures)}`,
      );
    if (verdicts.length === 0) return 'there are none (cupcheck golden add)';
    if (candidate.info !== null) onProved(candidate.info);
    const ambers = verdicts.filter(({ outcome }) => outcome === 'lost');
    const lost = ambers.length === 0 ? '' : `, ${ambers.map(goldenName).join(', ')} amber where it was green`;
    return `all ${verdicts.length} as they must be${lost}`;
  }
}

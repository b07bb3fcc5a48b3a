import { itemScores } from '../golden/compare-golden.js';
import type { ReplayedCup } from '../ports.js';

export interface JudgedAlike {
  /** What differs; `null` = nothing that counts. */
  readonly why: string | null;
  /** The largest difference of a score; `null` = not compared. */
  readonly difference: number | null;
}

const designText = (design: string | null): string => design ?? 'none';

/**
 * One picture as the CPU judged it and as an engine did: the verdict, the designs and the items must be the same, and no score farther than `most`.
 */
export function compareJudged(cpu: ReplayedCup, engine: ReplayedCup, most: number): JudgedAlike {
  if (cpu.verdict !== engine.verdict)
    return { why: `it is ${engine.verdict}, on the CPU ${cpu.verdict}`, difference: null };
  if (cpu.design !== engine.design)
    return { why: `it is ${designText(engine.design)}, on the CPU ${designText(cpu.design)}`, difference: null };
  const { difference, why } = itemScores(cpu, engine, most, 'that of the CPU');
  return { why, difference };
}

import type { AmberJudgement, GreenJudgement, Judgement, ReasonGiven } from '../../pipeline/judgement.js';
import type { Camera, Clock, CupJudge } from '../ports.js';
import { freshFrame } from './capture.js';
import type { Cup } from './cup.js';

/** An amber in place of a green, with all that was seen. */
export function demote(green: GreenJudgement, because: ReasonGiven): AmberJudgement {
  const { items, count, warnings, ms, design, score, threshold } = green;
  return { verdict: 'amber', reasons: [because], items, count, warnings, ms, design, score, threshold };
}

/**
 * The cup's judgement. A green is checked once more: a frame exposed after the judging must show the same cup.
 * `doubt` tells why no green of this station can be relied on now, `audited` draws the greens that a person checks. Errors: those of CupJudge and of `freshFrame`.
 */
export async function judgeFrames(
  cup: Cup,
  judge: CupJudge,
  camera: Camera,
  clock: Clock,
  patienceMs: number,
  audited: () => boolean,
  doubt: () => string | null,
): Promise<Judgement> {
  const [first, second] = cup.frames;
  if (first === undefined || second === undefined) throw new Error('a cup is judged on two frames');
  const signal = cup.work.signal;
  const judgement = await judge.judge({ cup: cup.id, first, second, order: cup.order }, signal);
  if (judgement.verdict !== 'green') return judgement;
  const detail = doubt();
  if (detail !== null) return demote(judgement, { reason: 'selftest_overdue', detail });

  const later = await freshFrame(camera, clock, clock.nowNs(), patienceMs, signal);
  try {
    const { same, difference } = await judge.compare(cup.id, later, signal);
    if (!same) {
      return demote(judgement, {
        reason: 'cup_removed',
        detail: `the cup moved before the light (difference ${difference.toFixed(1)})`,
      });
    }
    if (audited()) {
      return demote(judgement, {
        reason: 'audit',
        detail: 'would be green, drawn for an audit: tip the cup out, look at both sides, and answer resolve',
      });
    }
    cup.stillThere = later.stamp;
    return judgement;
  } finally {
    later.release();
  }
}

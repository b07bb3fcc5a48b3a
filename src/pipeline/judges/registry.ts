import { CupcheckError } from '../../errors.js';
import type { Bundle } from '../bundle/load.js';
import type { HeadName } from '../ports.js';
import { boostedJudge } from './boosted.js';
import { cgdJudge } from './cgd.js';
import { combinedJudge } from './combined.js';
import { gridJudge } from './grid.js';
import type { Judge } from './judge.js';
import { isJudgeName, type JudgeName, judgeNames } from './names.js';
import { metricJudge } from './metric.js';
import { metricMeanJudge } from './metric-mean.js';
import { multiLabelJudge } from './multi-label.js';
import type { JudgeParts } from './parts.js';
import { sceneJudge } from './scene.js';
import { setJudge } from './set.js';
import { specialistJudge } from './specialist.js';
import { softmaxSumJudge } from './softmax-sum.js';
import { voteJudge } from './vote.js';

export interface JudgeEntry {
  /** Heads that it runs. */
  readonly heads: readonly HeadName[];
  /** Whether it reads the items' pooled maps. */
  readonly features: boolean;
  /** Errors: BUNDLE_INVALID where the bundle lacks what it needs. */
  readonly make: (parts: JudgeParts) => Judge;
}

const plain = (make: JudgeEntry['make']): JudgeEntry => ({ heads: [], features: false, make });

const judges: Readonly<Record<JudgeName, JudgeEntry>> = {
  vote: plain(voteJudge),
  'softmax-sum': plain((parts) => softmaxSumJudge(parts, 'probability')),
  'log-softmax-sum': plain((parts) => softmaxSumJudge(parts, 'logarithm')),
  scene: { heads: ['scene'], features: false, make: sceneJudge },
  grid: plain(gridJudge),
  metric: plain(({ bundle }) => metricJudge(bundle)),
  'metric-mean': plain(({ bundle }) => metricMeanJudge(bundle)),
  cgd: { heads: ['cgd'], features: true, make: cgdJudge },
  set: { heads: ['set'], features: false, make: setJudge },
  'multi-label': { heads: ['multi-label'], features: true, make: multiLabelJudge },
  boosted: { heads: ['boosted'], features: false, make: boostedJudge },
  specialist: { heads: ['specialist', 'verifier'], features: false, make: specialistJudge },
  combined: { heads: ['cgd'], features: true, make: combinedJudge },
};

/** @throws BUNDLE_INVALID where there is no judge of that name */
export function judgeEntry(name: string): JudgeEntry {
  if (!isJudgeName(name))
    throw new CupcheckError('BUNDLE_INVALID', `there is no judge "${name}", only ${judgeNames.join(', ')}`);
  return judges[name];
}

/** Judges that this bundle has everything for. */
export const judgesOf = ({ heads }: Bundle): JudgeName[] =>
  judgeNames.filter((name) => judgeEntry(name).heads.every((head) => heads[head] !== undefined));

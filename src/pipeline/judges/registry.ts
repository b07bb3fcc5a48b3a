import { CupcheckError } from '../../errors.js';
import type { Bundle } from '../bundle/load.js';
import type { Judge } from './judge.js';
import { metricJudge } from './metric.js';

const judges: Readonly<Record<string, (bundle: Bundle) => Judge>> = { metric: metricJudge };

export const judgeNames: readonly string[] = Object.keys(judges);

/** @throws BUNDLE_INVALID where there is no judge of that name */
export function makeJudge(name: string, bundle: Bundle): Judge {
  const make = Object.hasOwn(judges, name) ? judges[name] : undefined;
  if (make === undefined)
    throw new CupcheckError('BUNDLE_INVALID', `there is no judge "${name}", only ${judgeNames.join(', ')}`);
  return make(bundle);
}

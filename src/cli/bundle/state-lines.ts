import { type BundleState, type Judging, judgingName } from '../../daemon/bundles/bundle-state.js';
import { hanging, minuteOf } from '../layout.js';
import { shortId } from './bundle-lines.js';

/** How a bundle of the store stands, in a word; empty = nothing but installed. */
export function stateWord({ active, previous, trial, candidate, outcomes }: BundleState, sha256: string): string {
  const is = (judging: Judging | null) => judging?.bundle === sha256;
  if (is(active)) return trial === null ? 'active' : 'on trial';
  if (candidate?.bundle === sha256) return candidate.step;
  if (is(previous)) return 'previous';
  const last = outcomes.findLast(({ bundle }) => bundle === sha256)?.outcome;
  return last === 'rejected' ? 'rejected' : last === 'rolled_back' ? 'rolled back' : '';
}

export const trialText = (name: string, until: string): string =>
  `${name} is on trial until ${minuteOf(until)}, then it goes back by itself. cupcheck bundle commit keeps it, cupcheck bundle rollback goes back at once.`;

/** What a list cannot say in a word. @param used the folder of the bundle that judges */
export function stateLines(state: BundleState, used: string): string[] {
  const { active, trial, candidate, outcomes } = state;
  const last = outcomes.at(-1);
  return [
    ...(active.bundle === null ? hanging(`The bundle of the config judges: ${used}`) : []),
    ...(trial === null ? [] : hanging(trialText(judgingName(active), trial.until))),
    ...(candidate?.step === 'staged'
      ? hanging(`${candidate.name} ${candidate.version} is proved when the station starts.`)
      : []),
    ...(last === undefined || last.why === null
      ? []
      : hanging(
          `${last.name} ${last.version} (${shortId(last.bundle)}) was ${last.outcome.replace('_', ' ')} at ${minuteOf(last.at)}: ${last.why}`,
        )),
  ];
}

import { CupcheckError } from '../../errors.js';
import {
  type BundleState,
  type Candidate,
  type Judging,
  type NamedBundle,
  type Outcome,
  ofConfig,
  type Phase,
  phaseOf,
} from './bundle-state.js';
import { type ServedGallery, withGallery } from '../gallery/galleries.js';

/** What happens to the bundles of a station. `at`: the moment, UTC ISO 8601. */
export type BundleEvent = { readonly at: string } & (
  | { readonly type: 'stage'; readonly candidate: NamedBundle }
  | { readonly type: 'prove' }
  /** The candidate was proved: it judges, on trial until that moment. */
  | { readonly type: 'activate'; readonly serving: Judging & NamedBundle; readonly until: string }
  | { readonly type: 'reject'; readonly why: string }
  | { readonly type: 'commit' }
  /** Undoes the newest step. `unfit`: bundles that cannot judge, by digest, with what is wrong. */
  | { readonly type: 'rollback'; readonly why: string; readonly unfit?: ReadonlyMap<string, string> }
  /** Another gallery serves for a network, with the active bundle; `null` = none. */
  | { readonly type: 'serve'; readonly network: string; readonly served: ServedGallery | null }
  /** The station was calibrated. */
  | { readonly type: 'calibrate'; readonly calibration: string }
  /** The station starts. */
  | { readonly type: 'start'; readonly unfit: ReadonlyMap<string, string> }
);

type EventOf<E extends BundleEvent['type']> = Extract<BundleEvent, { type: E }>;
type Cell<E extends BundleEvent['type']> = (state: BundleState, event: EventOf<E>) => BundleState;
type Table = { readonly [P in Phase]: { readonly [E in BundleEvent['type']]: Cell<E> } };

const mostOutcomes = 10;
const longestWhy = 500;

const same = (state: BundleState): BundleState => state;

const refuse = (why: string) => (): never => {
  throw new CupcheckError('BUNDLE_STEP', why);
};

const ended = (
  state: BundleState,
  { bundle, name, version }: NamedBundle,
  outcome: Outcome['outcome'],
  why: string | null,
  at: string,
): readonly Outcome[] =>
  [...state.outcomes, { bundle, name, version, outcome, why: why?.slice(0, longestWhy) ?? null, at }].slice(
    -mostOutcomes,
  );

const isActive = ({ active }: BundleState, bundle: string) => active.bundle === bundle;

const stage: Cell<'stage'> = (state, { candidate: { bundle, name, version }, at }) =>
  isActive(state, bundle) ? state : { ...state, candidate: { bundle, name, version, step: 'staged', since: at } };

/** The former candidate gives way; the same one again changes nothing. */
const stageAnother: Cell<'stage'> = (state, event) => {
  if (state.candidate?.bundle === event.candidate.bundle) return state;
  return stage(drop(state, 'another bundle was staged after it', event.at), event);
};

const withCandidate = (state: BundleState): Candidate => {
  if (state.candidate === null) throw new CupcheckError('INTERNAL', 'no bundle is a candidate');
  return state.candidate;
};

const drop = (state: BundleState, why: string, at: string): BundleState => ({
  ...state,
  candidate: null,
  outcomes: ended(state, withCandidate(state), 'rejected', why, at),
});

const prove: Cell<'prove'> = (state, { at }) => ({
  ...state,
  candidate: { ...withCandidate(state), step: 'proving', since: at },
});

const activate: Cell<'activate'> = (state, { serving, until, at }) => {
  const { bundle } = withCandidate(state);
  if (serving.bundle !== bundle)
    throw new CupcheckError('INTERNAL', `bundle ${serving.bundle} was proved, the candidate is ${bundle}`);
  const { active, previous } = state;
  return {
    ...state,
    active: serving,
    previous: active,
    trial: { since: at, until, before: previous },
    candidate: null,
  };
};

const commit: Cell<'commit'> = (state, { at }) => ({
  ...state,
  trial: null,
  outcomes: state.active.bundle === null ? state.outcomes : ended(state, state.active, 'committed', null, at),
});

const isFit = (judging: Judging, unfit: ReadonlyMap<string, string>) =>
  judging.bundle === null || !unfit.has(judging.bundle);

/** From the active bundle to what judged before it; where that cannot judge, to the bundle of the config with what serves now. */
const back = (state: BundleState, why: string, at: string, unfit: ReadonlyMap<string, string>): BundleState => {
  const { active, previous, trial } = state;
  if (active.bundle === null || previous === null) return state;
  const fit = isFit(previous, unfit);
  const before = trial?.before ?? null;
  return {
    ...state,
    active: fit ? previous : ofConfig(active.galleries),
    previous: fit ? before : null,
    trial: null,
    outcomes: ended(state, active, 'rolled_back', why, at),
  };
};

const none: ReadonlyMap<string, string> = new Map();
const rollback: Cell<'rollback'> = (state, { why, at, unfit = none }) => back(state, why, at, unfit);
const reject: Cell<'reject'> = (state, { why, at }) => drop(state, why, at);

const serve: Cell<'serve'> = (state, { network, served }) => {
  const { active } = state;
  if (active.galleries[network]?.gallery === served?.gallery) return state;
  return { ...state, active: { ...active, galleries: withGallery(active.galleries, network, served) } };
};

const calibrate: Cell<'calibrate'> = (state, { calibration }) =>
  state.calibration === calibration ? state : { ...state, calibration };

/** An active bundle that cannot judge makes way, also where nothing was before it. */
const start: Cell<'start'> = (state, { at, unfit }) => {
  const { active } = state;
  const problem = active.bundle === null ? undefined : unfit.get(active.bundle);
  if (problem === undefined) return state;
  return back({ ...state, previous: state.previous ?? ofConfig(active.galleries) }, problem, at, unfit);
};

const startOnTrial: Cell<'start'> = (state, event) => {
  const { trial } = state;
  const isOver = trial !== null && Date.parse(trial.until) <= Date.parse(event.at);
  if (isOver) return back(state, 'nobody committed it in time', event.at, event.unfit);
  return start(state, event);
};

const noCandidate = 'no bundle is staged: cupcheck bundle activate';
const onTrial = 'the active bundle is on trial: commit it or roll it back first';

/** A row a phase, a cell an event; every cell is written down. What leaves everything as it was returns the very same state. */
const table: Table = {
  settled: {
    stage,
    prove: refuse(noCandidate),
    activate: refuse(noCandidate),
    reject: same,
    commit: same,
    rollback,
    serve,
    calibrate,
    start,
  },
  staged: {
    stage: stageAnother,
    prove,
    activate: refuse('the candidate is not proved'),
    reject,
    commit: same,
    rollback: (state, { why, at }) => drop(state, why, at),
    serve,
    calibrate,
    start,
  },
  proving: {
    stage: refuse('another bundle is being proved: wait, or roll it back'),
    prove: same,
    activate,
    reject,
    commit: same,
    rollback: (state, { why, at }) => drop(state, why, at),
    serve,
    calibrate,
    start: (state, event) => start(drop(state, 'the station was stopped while it was being proved', event.at), event),
  },
  trial: {
    stage: (state, event) => (isActive(state, event.candidate.bundle) ? state : refuse(onTrial)()),
    prove: refuse(onTrial),
    activate: refuse(onTrial),
    reject: same,
    commit,
    rollback,
    serve,
    calibrate,
    start: startOnTrial,
  },
};

/**
 * The state after an event; pure. The very same object where nothing changes.
 * @throws BUNDLE_STEP where the event does not fit the state
 */
export function nextBundleState(state: BundleState, event: BundleEvent): BundleState {
  const cell = table[phaseOf(state)][event.type] as (state: BundleState, event: BundleEvent) => BundleState;
  return cell(state, event);
}

import { describe, expect, it } from 'vitest';
import {
  type BundleState,
  neededBundles,
  noState,
  type Phase,
  phaseOf,
  sameJudging,
  type NamedBundle,
  ofConfig,
  type Judging,
} from '../../../src/daemon/bundles/bundle-state.js';
import { type BundleEvent, nextBundleState } from '../../../src/daemon/bundles/bundle-transitions.js';

const at = '2026-11-28T18:00:00.000Z';
const until = '2026-11-28T19:00:00.000Z';
type Serving = Judging & NamedBundle;
const serving = (letter: string): Serving => ({
  bundle: letter.repeat(64),
  name: 'coins',
  version: letter,
  galleries: {},
  engine: null,
});
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(serving) as [Serving, Serving, Serving, Serving];
const candidate = (of: Serving, step: 'staged' | 'proving') => ({
  bundle: of.bundle,
  name: of.name,
  version: of.version,
  step,
  since: at,
});

/** `a` judges, `b` judged before, `c` is on its way. */
const states: Readonly<Record<Phase, BundleState>> = {
  settled: { ...noState, active: a, previous: b },
  staged: { ...noState, active: a, previous: b, candidate: candidate(c, 'staged') },
  proving: { ...noState, active: a, previous: b, candidate: candidate(c, 'proving') },
  trial: { ...noState, active: c, previous: a, trial: { since: at, until, before: b } },
};
const fit: ReadonlyMap<string, string> = new Map();
const events: Readonly<Record<string, BundleEvent>> = {
  'stage c': { type: 'stage', candidate: c, at },
  'stage d': { type: 'stage', candidate: d, at },
  'stage a': { type: 'stage', candidate: a, at },
  prove: { type: 'prove', at },
  activate: { type: 'activate', serving: c, until, at },
  reject: { type: 'reject', why: 'too slow', at },
  commit: { type: 'commit', at },
  rollback: { type: 'rollback', why: 'asked for', at },
  start: { type: 'start', unfit: fit, at },
  'start late': { type: 'start', unfit: fit, at: '2026-11-28T19:00:01.000Z' },
};

/** A state in a line: what judges, after what, what is on its way, how things ended. */
function summary(state: BundleState): string {
  const name = (one: BundleState['previous']) => (one === null ? '-' : one.bundle === null ? 'config' : one.version);
  const { active, previous, trial, candidate: on, outcomes } = state;
  const ends = outcomes.map(({ outcome, version }) => ` ${outcome} ${version}`).join('');
  const way = on === null ? '' : ` ${on.step} ${on.version}`;
  return `${name(active)}${trial === null ? '' : '?'} after ${name(previous)}${way}${ends}`;
}

function after(state: BundleState, event: BundleEvent): string {
  try {
    const next = nextBundleState(state, event);
    return next === state ? 'the same' : summary(next);
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

const table: Readonly<Record<Phase, Readonly<Record<string, string>>>> = {
  settled: {
    'stage c': 'a after b staged c',
    'stage d': 'a after b staged d',
    'stage a': 'the same',
    prove: 'BUNDLE_STEP',
    activate: 'BUNDLE_STEP',
    reject: 'the same',
    commit: 'the same',
    rollback: 'b after - rolled_back a',
    start: 'the same',
    'start late': 'the same',
  },
  staged: {
    'stage c': 'the same',
    'stage d': 'a after b staged d rejected c',
    'stage a': 'a after b rejected c',
    prove: 'a after b proving c',
    activate: 'BUNDLE_STEP',
    reject: 'a after b rejected c',
    commit: 'the same',
    rollback: 'a after b rejected c',
    start: 'the same',
    'start late': 'the same',
  },
  proving: {
    'stage c': 'BUNDLE_STEP',
    'stage d': 'BUNDLE_STEP',
    'stage a': 'BUNDLE_STEP',
    prove: 'the same',
    activate: 'c? after a',
    reject: 'a after b rejected c',
    commit: 'the same',
    rollback: 'a after b rejected c',
    start: 'a after b rejected c',
    'start late': 'a after b rejected c',
  },
  trial: {
    'stage c': 'the same',
    'stage d': 'BUNDLE_STEP',
    'stage a': 'BUNDLE_STEP',
    prove: 'BUNDLE_STEP',
    activate: 'BUNDLE_STEP',
    reject: 'the same',
    commit: 'c after a committed c',
    rollback: 'a after b rolled_back c',
    start: 'the same',
    'start late': 'a after b rolled_back c',
  },
};

describe.each(Object.keys(table) as Phase[])('%s', (phase) => {
  it('is told by the state', () => expect(phaseOf(states[phase])).toBe(phase));
  it.each(Object.keys(events))('%s', (name) => {
    const event = events[name];
    if (event === undefined) throw new Error(name);
    expect(after(states[phase], event)).toBe(table[phase][name]);
  });
});

describe('a bundle that cannot judge', () => {
  const unfit = (...which: readonly Serving[]): BundleEvent => ({
    type: 'start',
    unfit: new Map(which.map(({ bundle }) => [bundle, 'damaged'])),
    at,
  });
  it('makes way at the start for the one before it, and that for the one of the config', () => {
    expect(after(states.settled, unfit(a))).toBe('b after - rolled_back a');
    expect(after(states.settled, unfit(a, b))).toBe('config after - rolled_back a');
    expect(after({ ...states.settled, previous: null }, unfit(a))).toBe('config after - rolled_back a');
    expect(after(states.trial, unfit(c))).toBe('a after b rolled_back c');
    expect(after(states.trial, unfit(c, a))).toBe('config after - rolled_back c');
    expect(after(states.proving, unfit(a))).toBe('b after - rejected c rolled_back a');
    expect(after(states.staged, unfit(a))).toBe('b after - staged c rolled_back a');
  });
  it('that does not judge is let alone', () => expect(after(states.settled, unfit(b))).toBe('the same'));
  it('is not rolled back to', () => {
    const event: BundleEvent = { type: 'rollback', why: '', at, unfit: new Map([[b.bundle, 'damaged']]) };
    expect(after(states.settled, event)).toBe('config after - rolled_back a');
  });
});

describe('going back', () => {
  it('twice is once: there is no way on from the first bundle, nor from what was rolled back to', () => {
    const rollback: BundleEvent = { type: 'rollback', why: '', at };
    expect(after(noState, rollback)).toBe('the same');
    const once = nextBundleState(states.settled, rollback);
    expect(after(once, rollback)).toBe('the same');
    const fromConfig: BundleState = {
      ...noState,
      active: c,
      previous: ofConfig({}),
      trial: { since: at, until, before: null },
    };
    expect(after(fromConfig, rollback)).toBe('config after - rolled_back c');
  });
  it('from a trial leaves everything as it was before, so that one more goes back as before', () => {
    const undone = nextBundleState(states.trial, { type: 'rollback', why: '', at });
    expect({ ...undone, outcomes: [] }).toEqual(states.settled);
  });
});

const network = 'f'.repeat(64);
const gallery = (letter: string) => ({ gallery: letter.repeat(64), when: at, who: 'ann' });
const galleries = (letter: string) => ({ [network]: gallery(letter) });

describe.each(Object.keys(states) as Phase[])('what serves, %s', (phase) => {
  const before = states[phase];
  const serve = (letter: string | null): BundleEvent => ({
    type: 'serve',
    network,
    served: letter === null ? null : gallery(letter),
    at,
  });

  it('is another gallery beside the same bundle, and nothing else changes', () => {
    const one = nextBundleState(before, serve('1'));
    expect(one).toEqual({ ...before, active: { ...before.active, galleries: galleries('1') } });
    expect(after(one, serve('1'))).toBe('the same');
    expect(nextBundleState(one, serve('2')).active.galleries).toEqual(galleries('2'));
    expect(nextBundleState(one, serve(null))).toEqual(before);
    expect(after(before, serve(null))).toBe('the same');
  });

  it('is one of a network; the others stay', () => {
    const other = { ...serve('3'), network: 'e'.repeat(64) } as BundleEvent;
    const both = nextBundleState(nextBundleState(before, serve('1')), other);
    expect(both.active.galleries).toEqual({ ...galleries('1'), ['e'.repeat(64)]: gallery('3') });
  });

  it('and the calibration is another one, which no way back changes', () => {
    const calibrated = nextBundleState(before, { type: 'calibrate', calibration: '9'.repeat(64), at });
    expect(calibrated).toEqual({ ...before, calibration: '9'.repeat(64) });
    expect(after(calibrated, { type: 'calibrate', calibration: '9'.repeat(64), at })).toBe('the same');
    expect(nextBundleState(calibrated, { type: 'rollback', why: '', at }).calibration).toBe('9'.repeat(64));
  });
});

it('a rollback brings the gallery back that served with the bundle; the config’s keeps what serves', () => {
  const served: BundleState = {
    ...states.settled,
    active: { ...a, galleries: galleries('2') },
    previous: { ...b, galleries: galleries('1') },
  };
  expect(nextBundleState(served, { type: 'rollback', why: '', at }).active).toEqual(served.previous);
  const unfit = new Map([[b.bundle, 'damaged']]);
  expect(nextBundleState(served, { type: 'rollback', why: '', at, unfit }).active).toEqual(ofConfig(galleries('2')));
});

it('a process of the same bundle with another gallery is another one', () => {
  const one = { ...a, galleries: galleries('1') };
  expect(sameJudging(one, { ...one, engine: 'e'.repeat(64) })).toBe(true);
  expect(sameJudging(one, { ...one, galleries: galleries('2') })).toBe(false);
  expect(sameJudging(one, a)).toBe(false);
  expect(sameJudging(one, { ...b, galleries: galleries('1') })).toBe(false);
});

it('what may be needed is told: the candidate, the active one, the one before it, and the one before a trial', () => {
  const needed = (state: BundleState) =>
    ['a', 'b', 'c', 'd'].filter((letter) => neededBundles(state).has(letter.repeat(64))).join('');
  expect(needed(noState)).toBe('');
  expect(needed(states.settled)).toBe('ab');
  expect(needed(states.proving)).toBe('abc');
  expect(needed(states.trial)).toBe('abc');
});

it('the last ten outcomes are kept, with a bounded reason', () => {
  let state = states.settled;
  for (let round = 0; round < 12; round++) {
    state = nextBundleState(state, { type: 'stage', candidate: round === 11 ? d : c, at });
    state = nextBundleState(state, { type: 'reject', why: 'x'.repeat(5000), at });
  }
  expect(state.outcomes).toHaveLength(10);
  expect(state.outcomes.at(-1)).toMatchObject({ version: 'd', outcome: 'rejected' });
  expect(state.outcomes.at(-1)?.why).toHaveLength(500);
});

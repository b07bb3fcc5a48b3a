import { describe, expect, it } from 'vitest';
import type { Effect, Fault, StationEvent, StationState } from '../../../src/daemon/station/states.js';
import { transition } from '../../../src/daemon/station/transitions.js';

const cup = 'cup-1';
const placed = (id = cup): StationEvent => ({ type: 'placed', cup: id, atNs: 5n });
const camera: Fault = { source: 'camera', message: 'the camera is gone', help: 'plug it in' };
const light: Fault = { source: 'light', message: 'the light is gone', help: 'start it' };
const working = ['triggered', 'settling', 'capturing', 'judging'] as const;

function run(from: StationState, ...events: StationEvent[]): { state: StationState; effects: Effect[] } {
  const effects: Effect[] = [];
  let state = from;
  for (const event of events) {
    const step = transition(state, event);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

describe('a cup on its way', () => {
  it('goes from the trigger to the shown verdict', () => {
    const { state, effects } = run(
      { name: 'ready' },
      placed(),
      { type: 'latched', cup },
      { type: 'settled', cup },
      { type: 'captured', cup },
      { type: 'judged', cup },
      { type: 'lit', cup, light: 'green' },
    );
    expect(state).toEqual({ name: 'showing', cup, lit: 'green', gone: false });
    expect(effects.map((effect) => effect.do)).toEqual(['latch', 'settle', 'capture', 'judge', 'conclude', 'watch']);
  });

  it.each(working)('is amber cup_removed when it is taken away while %s', (name) => {
    const { state, effects } = run({ name, cup }, { type: 'removed' });
    expect(state).toEqual({ name: 'showing', cup, lit: null, gone: true });
    expect(effects).toMatchObject([{ do: 'conclude', cup, show: true, because: { reason: 'cup_removed' } }]);
  });

  it.each(working)('is amber timeout when the deadline comes while %s', (name) => {
    const { effects } = run({ name, cup }, { type: 'deadline', cup });
    expect(effects).toMatchObject([{ do: 'conclude', cup, because: { reason: 'timeout' }, show: true }]);
  });

  it.each(working)('gives way to a second cup while %s: the first is amber retrigger, the second is judged', (name) => {
    const { state, effects } = run({ name, cup }, placed('cup-2'));
    expect(state).toEqual({ name: 'triggered', cup: 'cup-2' });
    expect(effects).toMatchObject([
      { do: 'conclude', cup, because: { reason: 'retrigger' }, show: false },
      { do: 'latch', cup: 'cup-2' },
    ]);
  });

  it('cannot be changed by a verdict that comes after the deadline', () => {
    const late = run({ name: 'judging', cup }, { type: 'deadline', cup }, { type: 'judged', cup });
    expect(late.effects.filter((effect) => effect.do === 'conclude')).toHaveLength(1);
  });

  it('is not touched by events of another cup', () => {
    const state: StationState = { name: 'judging', cup: 'cup-2' };
    for (const type of ['latched', 'settled', 'captured', 'judged', 'deadline', 'changed'] as const) {
      expect(transition(state, { type, cup })).toEqual({ state, effects: [] });
    }
  });
});

describe('a shown cup', () => {
  const showing: StationState = { name: 'showing', cup, lit: 'green', gone: false };

  it.each([{ type: 'removed' }, { type: 'changed', cup }] as const)('goes dark when $type', (event) => {
    const { state, effects } = run(showing, event);
    expect(state).toEqual({ name: 'ready' });
    expect(effects).toEqual([{ do: 'forget', cup }, { do: 'darken' }]);
  });

  it('loses its green when it is taken away between the verdict and the light', () => {
    const { state, effects } = run({ ...showing, lit: null }, { type: 'removed' });
    expect(state).toMatchObject({ gone: true });
    expect(effects).toMatchObject([{ do: 'withdraw', cup, because: { reason: 'cup_removed' } }]);
  });

  it('goes dark when it was taken away while its green was on the way to the lines', () => {
    const { state, effects } = run(
      { ...showing, lit: null },
      { type: 'removed' },
      { type: 'lit', cup, light: 'green' },
    );
    expect(state).toEqual({ name: 'ready' });
    expect(effects.map((effect) => effect.do)).toEqual(['withdraw', 'forget', 'darken']);
  });

  it('lingers as amber when it is gone already', () => {
    const { effects } = run({ ...showing, lit: null, gone: true }, { type: 'lit', cup, light: 'amber' });
    expect(effects).toEqual([{ do: 'linger', cup }]);
  });

  it('is dark before the next cup is judged', () => {
    const { effects } = run(showing, placed('cup-2'));
    expect(effects.map((effect) => effect.do)).toEqual(['forget', 'darken', 'latch']);
  });
});

describe('a fault', () => {
  it.each([...working])('ends a cup that is %s, and blinks', (name) => {
    const { state, effects } = run({ name, cup }, { type: 'fault_raised', fault: camera });
    expect(state).toEqual({ name: 'fault', faults: [camera] });
    expect(effects).toMatchObject([{ do: 'conclude', because: { reason: 'camera_fault' } }, { do: 'blink' }]);
  });

  it('takes a green off the light', () => {
    const { effects } = run(
      { name: 'showing', cup, lit: 'green', gone: false },
      { type: 'fault_raised', fault: camera },
    );
    expect(effects).toEqual([{ do: 'forget', cup }, { do: 'blink' }]);
  });

  it('lasts until every source is cleared, then the station tests itself', () => {
    const both = run(
      { name: 'ready' },
      { type: 'fault_raised', fault: camera },
      { type: 'fault_raised', fault: light },
    );
    const one = run(both.state, { type: 'fault_cleared', source: 'camera' });
    expect(one.state).toEqual({ name: 'fault', faults: [light] });
    expect(run(one.state, { type: 'fault_cleared', source: 'light' })).toEqual({
      state: { name: 'self_test' },
      effects: [{ do: 'self_test' }],
    });
  });

  it('records a cup that comes meanwhile, without showing it', () => {
    const { state, effects } = run({ name: 'fault', faults: [camera] }, placed());
    expect(state.name).toBe('fault');
    expect(effects).toMatchObject([
      { do: 'latch' },
      { do: 'conclude', show: false, because: { reason: 'camera_fault' } },
    ]);
  });
});

it('a sensor that was lost and speaks again ends its fault', () => {
  const lost: Fault = { source: 'trigger', message: 'chatter', help: 'look' };
  expect(run({ name: 'fault', faults: [lost] }, { type: 'fault_cleared', source: 'trigger' }).state.name).toBe(
    'self_test',
  );
});

describe('a stop', () => {
  it('records the cup in progress, goes dark and takes nothing more', () => {
    const { state, effects } = run({ name: 'judging', cup }, { type: 'drain' }, placed('cup-2'));
    expect(state).toEqual({ name: 'draining' });
    expect(effects).toMatchObject([{ do: 'conclude', cup, show: false }, { do: 'darken' }]);
  });
});

describe('the table as a whole', () => {
  const states: StationState[] = [
    { name: 'starting' },
    { name: 'self_test' },
    { name: 'ready' },
    ...working.map((name) => ({ name, cup })),
    { name: 'showing', cup, lit: null, gone: false },
    { name: 'showing', cup, lit: 'green', gone: false },
    { name: 'fault', faults: [camera] },
    { name: 'draining' },
  ];
  const events: StationEvent[] = [
    { type: 'started' },
    { type: 'self_test_passed' },
    placed('cup-2'),
    { type: 'removed' },
    ...(['latched', 'settled', 'captured', 'judged', 'deadline', 'changed'] as const).map((type) => ({ type, cup })),
    { type: 'failed', cup, because: { reason: 'blur', detail: '' } },
    { type: 'lit', cup, light: 'amber' },
    { type: 'fault_raised', fault: light },
    { type: 'fault_cleared', source: 'camera' },
    { type: 'drain' },
  ];

  it('concludes every cup exactly once, whatever comes', () => {
    // Every walk of four events from a fresh cup, and a stop at its end.
    for (const a of events)
      for (const b of events)
        for (const c of events) {
          const walk = run({ name: 'ready' }, placed(), a, b, c, { type: 'drain' });
          const ended = walk.effects.filter((effect) => effect.do === 'conclude' && effect.cup === cup);
          expect(ended, JSON.stringify([a.type, b.type, c.type])).toHaveLength(1);
        }
  });

  it('never leaves a green on when the station is in fault, ready or draining', () => {
    for (const state of states)
      for (const event of events) {
        const step = transition(state, event);
        const wasLit = state.name === 'showing' && state.lit === 'green';
        if (!wasLit || step.state.name === 'showing') continue;
        expect(step.effects.some((effect) => effect.do === 'darken' || effect.do === 'blink')).toBe(true);
      }
  });
});

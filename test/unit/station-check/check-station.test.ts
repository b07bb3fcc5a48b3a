import { expect, it } from 'vitest';
import { checkStation } from '../../../src/daemon/station-check/check-station.js';
import { finding, type PartFinding, withUnresolved } from '../../../src/daemon/station-check/part-finding.js';
import type { StationState } from '../../../src/daemon/station/states.js';

const never = new AbortController().signal;

class States {
  current: StationState = { name: 'ready' };
  readonly #listeners = new Set<(state: StationState) => void>();
  onState(listener: (state: StationState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  become(state: StationState): void {
    this.current = state;
    for (const listener of this.#listeners) listener(state);
  }
}
const showing: StationState = { name: 'showing', cup: 'c', lit: 'amber', gone: false };
const lampOk = finding('lamp', 'ok', '100 %');
const lookOf = (states: States, check = () => Promise.resolve<readonly PartFinding[]>([lampOk])) => ({
  check,
  isClear: () => states.current.name === 'ready',
});

it('waits for a moment without a cup', async () => {
  const states = new States();
  states.become(showing);
  let looked = 0;
  const look = lookOf(states, () => {
    looked++;
    return Promise.resolve([lampOk]);
  });
  const looking = checkStation([look], states)(never);
  await Promise.resolve();
  expect(looked).toBe(0);
  states.become({ name: 'ready' });
  expect(await looking).toEqual([lampOk]);
});

it('relies on nothing that was seen while a cup came, and looks at nothing in fault', async () => {
  const states = new States();
  const interrupted = lookOf(states, () => {
    states.become(showing);
    return Promise.resolve([finding('lens', 'failed', 'a hand'), finding('dark frame', 'absent', 'not wired')]);
  });
  expect(await checkStation([interrupted, lookOf(states)], states)(never)).toMatchObject([
    { part: 'lens', state: 'not_looked', detail: 'a cup came meanwhile' },
    { part: 'dark frame', state: 'absent' },
  ]);
  states.become({ name: 'fault', faults: [] });
  expect(await checkStation([lookOf(states)], states)(never)).toEqual([]);
});

it('ends with its signal', async () => {
  const states = new States();
  states.become(showing);
  const ended = new AbortController();
  const looking = checkStation([lookOf(states)], states)(ended.signal);
  ended.abort(new Error('the station stops'));
  await expect(looking).rejects.toThrow('the station stops');
});

it('keeps a failure until its part was looked at again, or is gone', () => {
  const lens = finding('lens', 'failed', '40 %');
  const loop = finding('light loop-back', 'failed', 'amber reads off');
  expect(withUnresolved([], [lens, lampOk])).toEqual([lens]);
  expect(withUnresolved([finding('lens', 'not_looked', 'a cup came')], [lens])).toEqual([lens]);
  const well = [finding('lens', 'ok', '100 %')];
  expect(withUnresolved(well, [lens])).toEqual(well);
  // The wire was taken away, and the calibration.
  const absent = [finding('light loop-back', 'absent', 'not wired'), finding('empty cup', 'absent', 'no calibration')];
  expect(withUnresolved(absent, [loop, lens])).toEqual(absent);
});

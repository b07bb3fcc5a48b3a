import { describe, expect, it } from 'vitest';
import { type StationControl, stationVerbs } from '../../../src/daemon/control/station-verbs.js';

/** A station that answers each call with its name and arguments. */
function echo(simulated: boolean): { station: StationControl; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const record =
    (name: string) =>
    (...given: unknown[]): Promise<never> => {
      calls.push([name, ...given.filter((value) => !(value instanceof AbortSignal) && typeof value !== 'function')]);
      return Promise.resolve(null as never);
    };
  const names = 'status trigger setOrder clearOrder order resolve outbox drainOutbox watch findings'.split(' ');
  const methods = Object.fromEntries(names.map((name) => [name, record(name)]));
  const simulation = { place: record('place'), remove: record('remove'), camera: record('camera') };
  return {
    station: { ...methods, simulation: simulated ? simulation : null } as unknown as StationControl,
    calls,
  };
}

const call = { signal: new AbortController().signal, emit: () => {} };

describe('the verbs of the control socket', () => {
  it('hands out a picture in parts that fit an answer', async () => {
    const jpeg = Uint8Array.from({ length: 500_000 }, (_, at) => at % 251);
    const { station } = echo(false);
    const parts: string[] = [];
    const emit = (event: object): void => void parts.push((event as { part: string }).part);
    const verbs = stationVerbs({ ...station, simulation: null, frame: () => Promise.resolve(jpeg) });
    expect(await verbs['camera.frame']?.run({}, { ...call, emit })).toEqual({ parts: parts.length });
    expect(parts.length).toBeGreaterThan(2);
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThan(1_000_000);
    expect(Uint8Array.from(Buffer.from(parts.join(''), 'base64'))).toEqual(jpeg);
  });

  it.each([
    ['status', {}, ['status']],
    ['trigger', {}, ['trigger', null]],
    ['trigger', { tag: 'a' }, ['trigger', 'a']],
    [
      'order.set',
      { design: 'Morgan', count: 12 },
      ['setOrder', { design: 'Morgan', count: 12, cups: 1, expires: null, id: null }],
    ],
    ['order.clear', {}, ['clearOrder']],
    ['order.show', {}, ['order']],
    ['resolve', { cup: '7', outcome: 'ok', by: 'ada' }, ['resolve', '7', 'ok', 'ada', null]],
    ['outbox.status', {}, ['outbox']],
    ['outbox.drain', { timeoutMs: 5 }, ['drainOutbox', 5]],
    ['watch', {}, ['watch']],
    ['doctor.runtime', {}, ['findings']],
    ['sim.place', { picture: '/a.jpg' }, ['place', '/a.jpg']],
    ['sim.remove', {}, ['remove']],
    ['sim.camera', { fault: 'freeze' }, ['camera', 'freeze']],
  ])('%s %j reaches the station', async (name, params, expected) => {
    const { station, calls } = echo(true);
    await stationVerbs(station)[name]?.run(params, call);
    expect(calls).toEqual([expected]);
  });

  it.each([
    ['order.set', { design: 'Morgan', count: 0 }, 'count is 0, it must be >= 1'],
    ['order.set', { design: 'Morgan', count: 21 }, 'count is 21, it must be <= 20'],
    ['order.set', { design: 'a\u001b[31m', count: 1 }, 'design is'],
    ['order.set', { design: 'Morgan', count: 1, cups: 1.5 }, 'cups is 1.5'],
    ['resolve', { cup: '7', outcome: 'green', by: 'ada' }, 'outcome is "green", it must be one of ok, wrong'],
    ['sim.place', { picture: 'relative.jpg' }, 'picture is "relative.jpg"'],
    ['sim.camera', { fault: 'burn' }, 'fault is "burn", it must be one of unplug'],
    ['status', { x: 1 }, 'unknown field x'],
    ['status', [], 'the params must be object'],
  ])('%s %j is refused before it reaches the station', async (name, params, message) => {
    const { station, calls } = echo(true);
    await expect(async () => stationVerbs(station)[name]?.run(params, call)).rejects.toThrow(message);
    expect(calls).toEqual([]);
  });

  it('simulate nothing at a station with real devices', async () => {
    const verbs = stationVerbs(echo(false).station);
    for (const [name, params] of [
      ['sim.place', { picture: '/a.jpg' }],
      ['sim.remove', {}],
      ['sim.camera', { fault: 'dark' }],
    ] as const) {
      await expect(async () => verbs[name]?.run(params, call)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
    }
  });
});

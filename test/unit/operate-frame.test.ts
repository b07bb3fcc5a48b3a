import { describe, expect, it } from 'vitest';
import { OperateStation, type OperatedStation } from '../../src/daemon/operate.js';
import type { StationState } from '../../src/daemon/station/states.js';

const stationIn = (state: StationState) =>
  new OperateStation({
    station: { current: state },
    frame: () => Promise.resolve(Uint8Array.of(1)),
  } as unknown as OperatedStation);
const { signal } = new AbortController();

describe('a picture of the camera by request', () => {
  it.each<StationState>([
    { name: 'ready' },
    { name: 'fault', faults: [] },
    { name: 'showing', cup: 'c', lit: 'amber', gone: false },
  ])('is given in $name', async (state) => {
    expect(await stationIn(state).frame(signal)).toEqual(Uint8Array.of(1));
  });

  it.each<StationState>([
    { name: 'triggered', cup: 'c' },
    { name: 'settling', cup: 'c' },
    { name: 'capturing', cup: 'c' },
    { name: 'judging', cup: 'c' },
    { name: 'showing', cup: 'c', lit: null, gone: false },
  ])('is refused while a cup is judged: $name', async (state) => {
    await expect(stationIn(state).frame(signal)).rejects.toMatchObject({ code: 'STATION_BUSY' });
  });
});

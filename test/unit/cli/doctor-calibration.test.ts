import { describe, expect, it } from 'vitest';
import { calibration } from '../../../src/cli/doctor/calibration.js';
import { sizeBias } from '../../../src/cli/doctor/sizes.js';
import type { Config } from '../../../src/daemon/config/schema.js';
import type { Result } from '../../../src/daemon/result.js';

const demo = new URL('../../../models/demo/calibration.json', import.meta.url).pathname;
const config = (path: string | null, maxAgeDays = 90) =>
  ({
    calibration: { path, maxAgeDays },
    state: { path: '/nowhere' },
    gallery: { path: '/nowhere/gallery' },
  }) as Config;
const states = async (of: Config, now: string) =>
  (await calibration(of, new Date(now))).map(({ check, state }) => [check, state]);

describe('doctor on a calibration', () => {
  it('says where there is none', async () => {
    expect(await states(config(null), '2026-11-25')).toEqual([['calibration', 'warn']]);
  });

  it('says when it is old, and when it is of a day to come', async () => {
    expect(await states(config(demo), '2026-11-25')).toEqual([['calibration', 'ok']]);
    expect(await states(config(demo, 7), '2026-12-02T00:00:01Z')).toEqual([
      ['calibration', 'ok'],
      ['calibration age', 'warn'],
    ]);
    expect(await states(config(demo), '2026-11-20')).toEqual([
      ['calibration', 'ok'],
      ['calibration age', 'fail'],
    ]);
  });
});

describe('doctor on the sizes of the last cups', () => {
  const diameters = new Map([['tower', 24]]);
  const cup = (
    diameterMm: number | null,
    design = 'tower',
    calibration_sha256 = 'c',
  ): Pick<Result, 'items' | 'design' | 'calibration_sha256'> => ({
    design: 'tower',
    calibration_sha256,
    items: Array.from({ length: 5 }, () => ({ design, diameter_mm: diameterMm }) as Result['items'][number]),
  });
  const cups = (count: number, ...of: Parameters<typeof cup>) => Array.from({ length: count }, () => cup(...of));

  it('finds a scale that is wrong by so little that cups are green', () => {
    expect(sizeBias(cups(4, 24 * 1.025), diameters, 'c')).toMatchObject([
      { state: 'fail', detail: expect.stringContaining('2.5 % too large') as string },
    ]);
    expect(sizeBias(cups(4, 24 * 0.975), diameters, 'c')).toMatchObject([{ state: 'fail' }]);
    expect(sizeBias(cups(4, 24 * 1.015), diameters, 'c')).toMatchObject([{ state: 'ok' }]);
  });

  it('says nothing by few items, other designs, other calibrations, or items without a size', () => {
    expect(sizeBias(cups(3, 24 * 1.1), diameters, 'c')).toEqual([]);
    expect(sizeBias(cups(4, 24 * 1.1, 'lighthouse'), diameters, 'c')).toEqual([]);
    expect(sizeBias(cups(4, 24 * 1.1, 'tower', 'other'), diameters, 'c')).toEqual([]);
    expect(sizeBias(cups(4, null), diameters, 'c')).toEqual([]);
  });
});

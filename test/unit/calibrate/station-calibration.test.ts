import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CalibrationPlace, stationCalibrationPlace } from '../../../src/cli/calibrate/calibration-place.js';
import { keepEmptyCup, keepScale } from '../../../src/cli/calibrate/keep-calibration.js';
import { readBundleState } from '../../../src/daemon/bundles/bundle-state-file.js';
import { calibrateOffline } from '../../../src/daemon/bundles/change-offline.js';
import { stationCalibration, withCalibration } from '../../../src/daemon/calibration/station-calibration.js';
import { loadConfig } from '../../../src/daemon/config/load.js';
import { encodeJpeg } from '../../../src/native/jpeg.js';
import { draw } from '../../fixtures/drawing.js';

const at = new Date('2026-11-24T12:00:00Z');
const coin = { by: 'coin', seen: 1, spread: 0 } as const;
const camera = { width: 128, height: 96 };
const seen = (seed: number) => {
  const picture = draw({ ...camera, bottom: [90, 100, 110], items: [], grain: 20, seed });
  return { picture, jpeg: encodeJpeg(picture, 95) };
};

let root = '';
let place: CalibrationPlace;
const config = (path: string | null = null) => {
  const loaded = loadConfig(undefined, {}, [
    `state.path=${root}`,
    ...(path === null ? [] : [`calibration.path=${path}`]),
  ]);
  if (!loaded.ok) throw new Error(loaded.problems[0]?.message);
  return loaded.config;
};
const folder = () => join(root, 'calibration');
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-calibration-'));
  place = stationCalibrationPlace(config(), (sha256) => calibrateOffline(config(), sha256, at));
});
afterEach(() => rmSync(root, { recursive: true }));

it('lies under its digest, which the document names; the scale keeps the picture of the empty cup', async () => {
  expect(await stationCalibration(config())).toBeNull();
  await keepScale(place, camera, 7, coin, at);
  await keepEmptyCup(place, seen(1), at);
  const { path } = await keepScale(place, camera, 8, coin, at);
  const counts = await stationCalibration(config());
  expect(counts).toMatchObject({ calibration: { pxPerMm: 8 }, referenceJpeg: seen(1).jpeg });
  expect((await readBundleState(config())).calibration).toBe(counts?.sha256);
  expect(path).toBe(join(folder(), `${counts?.sha256 ?? ''}.json`));
  expect((await withCalibration(config())).calibration.path).toBe(path);
  for (const name of readdirSync(folder())) expect(statSync(join(folder(), name)).mode & 0o777, name).toBe(0o644);
});

it('of the config counts where it names one', async () => {
  await keepScale(place, camera, 7, coin, at);
  const mine = join(root, 'mine.json');
  writeFileSync(mine, JSON.stringify({ schema: 1, pxPerMm: 9, reference: null, at: at.toISOString(), camera }));
  expect(await stationCalibration(config(mine))).toMatchObject({ calibration: { pxPerMm: 9 } });
  expect((await withCalibration(config(mine))).calibration.path).toBe(mine);
});

it('that was changed or is gone is refused, and measured anew', async () => {
  const { path } = await keepScale(place, camera, 7, coin, at);
  writeFileSync(path, readFileSync(path, 'utf8').replace('"pxPerMm": 7', '"pxPerMm": 9'));
  await expect(stationCalibration(config())).rejects.toThrow('differs from its digest');
  await expect(keepEmptyCup(place, seen(1), at)).rejects.toMatchObject({ code: 'CALIBRATION_FAILED' });
  rmSync(path);
  await expect(stationCalibration(config())).rejects.toMatchObject({ code: 'CALIBRATION_INVALID' });
  expect(await keepScale(place, camera, 7.5, coin, at)).toMatchObject({ before: null });
  expect(await stationCalibration(config())).toMatchObject({ calibration: { pxPerMm: 7.5 } });
});

it('is there for a process of before, but not forever; with the old ones their pictures go', async () => {
  await keepScale(place, camera, 7, coin, at);
  for (let seed = 1; seed <= 24; seed++) {
    const { path } = await keepEmptyCup(place, seen(seed), at);
    utimesSync(path, seed, seed);
  }
  const names = readdirSync(folder());
  const documents = names.filter((name) => name.endsWith('.json'));
  expect(documents).toHaveLength(21);
  // The newest of the others is the scale alone.
  expect(names.length - documents.length).toBe(20);
  expect(await stationCalibration(config())).toMatchObject({ referenceJpeg: seen(24).jpeg });
});

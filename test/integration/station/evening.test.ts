import { expect, it, onTestFinished } from 'vitest';
import { HostStation } from '../../fixtures/update/host-station.js';
import { canCrash } from '../../fixtures/update/tiny-updates.js';
import {
  goBack,
  oneBundleEach,
  refused,
  updateWhileCupsRun,
  withGoldenPictures,
} from '../../fixtures/update/update-steps.js';

/** The steps of the scenarios in `test/system/scenarios/update.ts`, at a station on this machine. */
it('a new bundle while cups run, and back: each cup names one whole bundle', async () => {
  const station = await HostStation.start();
  onTestFinished(() => station.stop());
  const archive = await station.make('good');
  const cups = await updateWhileCupsRun(station, archive, station.old);
  expect(cups.length).toBeGreaterThan(1);
  await goBack(station);
  oneBundleEach([await station.rightCup()], [station.old]);
}, 240_000);

it('a bad bundle while cups run is refused, and told: a wrong shape, a crash, a slow one, one that makes a wrong cup green', async () => {
  const station = await HostStation.start();
  onTestFinished(() => station.stop());
  const remove = await withGoldenPictures(station);
  const bad = (['wrong shape', 'crash at load', 'slow', 'worse golden result'] as const).filter(
    (kind) => kind !== 'crash at load' || canCrash,
  );
  for (const kind of bad) await refused(station, await station.make(kind), station.old);
  await remove();
  oneBundleEach([await station.rightCup()], [station.old]);
}, 480_000);

import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readBundleState } from '../../../src/daemon/bundles/bundle-state-file.js';
import {
  calibrateOffline,
  commitOffline,
  rollbackOffline,
  serveOffline,
  stageOffline,
} from '../../../src/daemon/bundles/change-offline.js';
import { judgedBy, type JudgesBy, startBundles, verifyPlace } from '../../../src/daemon/bundles/judging-bundle.js';
import { packBundle } from '../../../src/daemon/bundles/pack.js';
import { pruneBundles } from '../../../src/daemon/bundles/prune.js';
import { installBundle } from '../../../src/daemon/bundles/store.js';
import { readTrust } from '../../../src/daemon/bundles/trusted-keys.js';
import { stationCalibration } from '../../../src/daemon/calibration/station-calibration.js';
import { keepServed, readServed, stationGallery } from '../../../src/daemon/gallery/gallery-folder.js';
import { systemClock } from '../../../src/daemon/system-clock.js';
import { BundleUpdates } from '../../../src/daemon/update/bundle-updates.js';
import { stationShelf } from '../../../src/daemon/update/station-shelf.js';
import { SwitchingJudge } from '../../../src/daemon/update/switching-judge.js';
import { encodeJpeg } from '../../../src/native/jpeg.js';
import type { TaughtGallery } from '../../../src/pipeline/taught/taught-gallery.js';
import { stationCalibrationPlace } from '../../../src/cli/calibrate/calibration-place.js';
import { keepEmptyCup, keepScale } from '../../../src/cli/calibrate/keep-calibration.js';
import { asCupcheckError } from '../../../src/errors.js';
import { readSignedManifest } from '../../../src/pipeline/bundle/read-manifest.js';
import { copyFolder, dyingDisk } from '../../fixtures/dying-disk.js';
import { FakeProcess } from '../../fixtures/fake-shelf.js';
import { draw } from '../../fixtures/drawing.js';
import { streamOf } from '../../fixtures/hostile-archive.js';
import { addition, network, taught, towards } from '../../fixtures/taught.js';
import { keyPair, trusting, writeSignedBundle } from '../../fixtures/signed-bundle.js';

vi.mock('node:fs/promises', async (original) => {
  const { dyingDisk: disk } = await import('../../fixtures/dying-disk.js');
  return disk.over(await original<Parameters<typeof disk.over>[0]>());
});

const pair = keyPair();
const root = mkdtempSync(join(tmpdir(), 'cupcheck-power-'));
const at = (...names: string[]) => join(root, ...names);
afterAll(() => rmSync(root, { recursive: true }));

const bundleConfig = {
  path: at('of-the-config'),
  trusted: at('trusted.d'),
  allowUnsigned: 'never',
  store: at('state', 'bundles'),
  commitWithinS: 3600,
  keepPrevious: true,
  trialCups: 5,
  trialFailures: 2,
} as const;
const config = {
  bundle: bundleConfig,
  state: { path: at('state') },
  gallery: { path: at('state', 'gallery') },
  calibration: { path: null, maxAgeDays: 90 },
};

/** What a process reads when it loads: the bundle, whole and signed, and what serves. @returns their digests, in short */
async function load({ place, galleries }: JudgesBy): Promise<string> {
  const { sha256 } = await verifyPlace(place);
  const served = galleries[network]?.gallery ?? null;
  await readServed(folder, served);
  return `${sha256} with ${served ?? 'nothing'}`;
}

/** A process that loads as the product's does. */
class VerifyingProcess extends FakeProcess {
  constructor(by: JudgesBy) {
    super(by.place.sha256 ?? ofConfig, 'never');
    const begin = this.start;
    this.start = async () => {
      await begin();
      await load(by).then(
        () => this.tell('ready'),
        (error: unknown) => this.tell('failed', asCupcheckError(error)),
      );
    };
  }
}

const never = new AbortController().signal;
const folder = stationGallery(config.gallery.path, network);
const deed = { when: '2030-01-01T00:00:00.000Z', who: 'ann' };
const taughtBefore = taught([addition(1, 'whale', towards(6))]);
const taughtThen = taught([...taughtBefore.additions, addition(2, 'whale', towards(6, 7, 0.1))]);
const drawn = draw({ width: 128, height: 96, bottom: [90, 100, 110], items: [], grain: 20, seed: 3 });
const empty = { picture: drawn, jpeg: encodeJpeg(drawn, 95) };

let archive: Buffer = Buffer.alloc(0);
let [first, second, ofConfig] = ['', '', ''];
/** Digests of what serves before the update, and of what is taught then. */
let [before, then] = ['', ''];

async function station() {
  const judge = new SwitchingJudge();
  const shelf = stationShelf(config, (by) => new VerifyingProcess(by));
  const updates = new BundleUpdates({
    shelf,
    judge,
    betweenCups: (act) => Promise.resolve(act()),
    provers: [],
    clock: systemClock,
    commitWithinS: bundleConfig.commitWithinS,
    keepPrevious: bundleConfig.keepPrevious,
    trial: { cups: 5, failures: 2 },
    log: pino({ level: 'silent' }),
    onFault: (error) => {
      throw error;
    },
    onChanged: () => undefined,
  });
  await updates.start();
  return { judge, updates };
}

const steps = ['install', 'activate', 'commit', 'calibrate', 'serve', 'rollback', 'prune'] as const;
type Step = (typeof steps)[number];
type Way = 'by the station' | 'without a station';

const picture = { width: 128, height: 96 };
/** A scale, then the picture of the empty cup. */
async function calibrate(use: (sha256: string) => Promise<unknown>): Promise<void> {
  const place = stationCalibrationPlace(config, use);
  await keepScale(place, picture, 8, { by: 'coin', seen: 1, spread: 0 }, new Date());
  await keepEmptyCup(place, empty, new Date());
}

const kept = async (gallery: TaughtGallery) => ({ gallery: await keepServed(folder, gallery), ...deed });

/** A whole update and back. `begun` and `ended` tell how far it came. */
async function update(way: Way, begun: Set<Step>, ended: Set<Step>): Promise<void> {
  const step = async (name: Step, work: () => Promise<unknown>) => {
    begun.add(name);
    await work();
    ended.add(name);
  };
  const trust = await readTrust({ folder: bundleConfig.trusted, allowUnsigned: false });
  await step('install', () => installBundle(streamOf(archive, 100_000), bundleConfig.store, trust));
  if (way === 'without a station') {
    await step('activate', async () => {
      await stageOffline(config, second, new Date());
      // The station starts, proves what is staged, and stops.
      const { updates } = await station();
      try {
        await updates.activate(second, () => undefined, never);
      } finally {
        await updates.stop();
      }
    });
    await step('commit', () => commitOffline(config, new Date()));
    await step('calibrate', () => calibrate((sha256) => calibrateOffline(config, sha256, new Date())));
    await step('serve', async () => serveOffline(config, network, await kept(taughtThen), new Date()));
    await step('rollback', () => rollbackOffline(config, new Date()));
  } else {
    const { updates } = await station();
    try {
      await step('activate', () => updates.activate(second, () => undefined, never));
      await step('commit', () => updates.commit());
      await step('calibrate', () => calibrate((sha256) => updates.calibrate(sha256)));
      await step('serve', async () => updates.serve(network, await kept(taughtThen), () => undefined, never));
      await step('rollback', () => updates.rollback('asked for'));
    } finally {
      await updates.stop();
    }
  }
  await step('prune', () => pruneBundles(config));
}

beforeAll(async () => {
  mkdirSync(bundleConfig.trusted);
  writeFileSync(at('trusted.d', 'workshop.pub'), pair.publicPem);
  writeSignedBundle(bundleConfig.path, pair, '1.0.0');
  writeSignedBundle(at('first'), pair, '2.0.0');
  writeSignedBundle(at('second'), pair, '3.0.0');
  const trust = trusting(pair);
  const packed = async (folder: string) => {
    const pieces: Uint8Array[] = [];
    const signed = await readSignedManifest(folder, trust);
    for await (const piece of packBundle(folder, signed)) pieces.push(Buffer.from(piece));
    return { archive: Buffer.concat(pieces), sha256: signed.sha256 };
  };
  ofConfig = (await packed(bundleConfig.path)).sha256;
  const one = await packed(at('first'));
  const two = await packed(at('second'));
  [first, second, archive] = [one.sha256, two.sha256, two.archive];
  await installBundle(streamOf(one.archive, 100_000), bundleConfig.store, trust);
  const { updates } = await station();
  await updates.activate(first, () => undefined, never);
  await updates.commit();
  const served = await kept(taughtBefore);
  await updates.serve(network, served, () => undefined, never);
  await calibrate((sha256) => updates.calibrate(sha256));
  [before, then] = [served.gallery, (await kept(taughtThen)).gallery];
  await updates.stop();
  copyFolder(at('state'), at('before'));
}, 60_000);

/** Everything as it was before the update. */
function reset(): void {
  dyingDisk.powerOn();
  rmSync(at('state'), { recursive: true });
  copyFolder(at('before'), at('state'));
}

/** What judges, in the order of an update: each of these steps leads from one to the next. */
const ways = () => [
  `${first} with ${before}`,
  `${second} with ${before}`,
  `${second} with ${then}`,
  `${first} with ${before}`,
];
const leading = ['activate', 'serve', 'rollback'] as const;

/** Which of them may judge at a start, by how far the update came. */
function allowed(begun: ReadonlySet<Step>, ended: ReadonlySet<Step>): readonly string[] {
  const count = (reached: ReadonlySet<Step>) => leading.filter((step) => reached.has(step)).length;
  return ways().slice(count(ended), count(begun) + 1);
}

const cases = (['by the station', 'without a station'] as const).flatMap((way) =>
  ([false, true] as const).map((forgets) => ({ way, forgets, what: forgets ? 'the power goes' : 'the process dies' })),
);

describe.each(cases)('an update $way, wherever $what', ({ way, forgets }) => {
  it('a whole, signed bundle judges at the next start, the right one, and the update can be done again', async () => {
    reset();
    const all = new Set<Step>();
    await update(way, all, all);
    const changes = dyingDisk.changes;
    expect(changes).toBeGreaterThan(40);
    const judged: string[] = [];
    for (let cut = 0; cut < changes; cut++) {
      reset();
      const [begun, ended] = [new Set<Step>(), new Set<Step>()];
      dyingDisk.dieAfter(cut, forgets);
      await update(way, begun, ended).catch(() => undefined);
      expect(dyingDisk.off, `change ${cut} of ${changes}`).toBe(true);
      dyingDisk.powerOn();

      const { state, kept } = await startBundles(config, new Date());
      expect(kept).toBeNull();
      const judges = await load(judgedBy(config, state.active));
      expect(allowed(begun, ended), `cut ${cut}, after ${[...ended].join(', ')}`).toContain(judges);
      if (ended.has('commit') && judges.startsWith(second)) expect(state.trial).toBeNull();
      judged.push(judges);
      const calibrated = await stationCalibration(config);
      if (ended.has('calibrate') || !begun.has('calibrate')) expect(calibrated?.referenceJpeg).toEqual(empty.jpeg);
      expect(calibrated?.calibration.pxPerMm).toBe(8);

      if (!forgets) continue;
      const again = new Set<Step>();
      await update(way, again, again);
      expect([...again]).toEqual(steps);
      const after = await readBundleState(config);
      expect(after.active).toMatchObject({ bundle: first, galleries: { [network]: { gallery: before } } });
      const left = readdirSync(bundleConfig.store).filter((name) => name !== first);
      expect(left, `cut ${cut}`).toEqual([]);
    }
    // Each judged at some cut, and none after it had been left.
    expect(judged.filter((one, index) => one !== judged[index - 1])).toEqual(ways());
  }, 600_000);
});

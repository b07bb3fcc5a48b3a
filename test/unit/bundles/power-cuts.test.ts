import { existsSync, mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readBundleState } from '../../../src/daemon/bundles/bundle-state-file.js';
import { commitOffline, rollbackOffline, stageOffline } from '../../../src/daemon/bundles/change-offline.js';
import {
  type BundlePlace,
  placeOfJudging,
  startBundles,
  verifyPlace,
} from '../../../src/daemon/bundles/judging-bundle.js';
import { packBundle } from '../../../src/daemon/bundles/pack.js';
import { pruneBundles } from '../../../src/daemon/bundles/prune.js';
import { installBundle } from '../../../src/daemon/bundles/store.js';
import { readTrust } from '../../../src/daemon/bundles/trusted-keys.js';
import { systemClock } from '../../../src/daemon/system-clock.js';
import { BundleUpdates } from '../../../src/daemon/update/bundle-updates.js';
import { stationShelf } from '../../../src/daemon/update/station-shelf.js';
import { SwitchingJudge } from '../../../src/daemon/update/switching-judge.js';
import { asCupcheckError } from '../../../src/errors.js';
import { readSignedManifest } from '../../../src/pipeline/bundle/read-manifest.js';
import { copyFolder, dyingDisk } from '../../fixtures/dying-disk.js';
import { FakeProcess } from '../../fixtures/fake-shelf.js';
import { streamOf } from '../../fixtures/hostile-archive.js';
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
const config = { bundle: bundleConfig, state: { path: at('state') } };

/** A process that loads as the product's does: a bundle that is not whole and signed does not judge. */
class VerifyingProcess extends FakeProcess {
  constructor(place: BundlePlace, sha256: string) {
    super(sha256, 'never');
    const begin = this.start;
    this.start = async () => {
      await begin();
      await verifyPlace(place).then(
        () => this.tell('ready'),
        (error: unknown) => this.tell('failed', asCupcheckError(error)),
      );
    };
  }
}

let archive: Buffer = Buffer.alloc(0);
let [first, second, ofConfig] = ['', '', ''];

async function station() {
  const judge = new SwitchingJudge();
  const shelf = stationShelf(config, (place) => new VerifyingProcess(place, place.sha256 ?? ofConfig));
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

const steps = ['install', 'activate', 'commit', 'rollback', 'prune'] as const;
type Step = (typeof steps)[number];
type Way = 'by the station' | 'without a station';

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
        await updates.activate(second, () => undefined, new AbortController().signal);
      } finally {
        await updates.stop();
      }
    });
    await step('commit', () => commitOffline(config, new Date()));
    await step('rollback', () => rollbackOffline(config, new Date()));
  } else {
    const { updates } = await station();
    try {
      await step('activate', () => updates.activate(second, () => undefined, new AbortController().signal));
      await step('commit', () => updates.commit());
      await step('rollback', () => updates.rollback('asked for'));
    } finally {
      await updates.stop();
    }
  }
  await step('prune', () => pruneBundles(config));
}

/** The machine starts: what a lock says is of another start. */
function powerOn(): void {
  dyingDisk.powerOn();
  const lock = join(bundleConfig.store, 'lock');
  if (existsSync(lock)) writeFileSync(lock, `${process.pid} 00000000-0000-4000-8000-000000000000`);
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
  await updates.activate(first, () => undefined, new AbortController().signal);
  await updates.commit();
  await updates.stop();
  copyFolder(at('state'), at('before'));
}, 60_000);

/** Everything as it was before the update. */
function reset(): void {
  dyingDisk.powerOn();
  rmSync(at('state'), { recursive: true });
  copyFolder(at('before'), at('state'));
}

/** Which of the two bundles may judge at a start, by how far the update came. */
function allowed(begun: ReadonlySet<Step>, ended: ReadonlySet<Step>): readonly string[] {
  if (!begun.has('activate') || ended.has('rollback')) return [first];
  if (!ended.has('activate') || begun.has('rollback')) return [first, second];
  return [second];
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
      powerOn();

      const { state, kept } = await startBundles(config, new Date());
      expect(kept).toBeNull();
      const { sha256 } = await verifyPlace(placeOfJudging(config, state.active));
      expect(allowed(begun, ended), `cut ${cut}, after ${[...ended].join(', ')}`).toContain(sha256);
      if (ended.has('commit') && sha256 === second) expect(state.trial).toBeNull();
      judged.push(sha256);

      if (!forgets) continue;
      const again = new Set<Step>();
      await update(way, again, again);
      expect([...again]).toEqual(steps);
      const after = await readBundleState(config.state.path);
      expect(after.active).toMatchObject({ bundle: first });
      const left = readdirSync(bundleConfig.store).filter((name) => name !== first);
      expect(left, `cut ${cut}`).toEqual([]);
    }
    // Both judged at some cut, and neither after it had been left.
    expect(new Set(judged)).toEqual(new Set([first, second]));
    const order = judged.filter((one, index) => one !== judged[index - 1]);
    expect(order).toEqual([first, second, first]);
  }, 300_000);
});

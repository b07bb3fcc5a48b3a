import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readSignedManifest } from '../../../src/pipeline/bundle/read-manifest.js';
import type { Result } from '../../../src/daemon/result.js';
import { type KeyPair, keyPair } from '../../fixtures/signed-bundle.js';
import type { StationAtWork } from '../../fixtures/update/station-at-work.js';
import { eveningSection, shownCommands } from '../../fixtures/update/evening-page.js';
import { makeUpdate, type UpdateArchive, type UpdateKind } from '../../fixtures/update/tiny-updates.js';
import {
  goBack,
  oneBundleEach,
  refused,
  update,
  updateWhileCupsRun,
  withGoldenPictures,
} from '../../fixtures/update/update-steps.js';
import { goAllWaysOut, type StationInTrouble, waysOut } from '../../fixtures/update/ways-out.js';
import { inWords } from '../report.js';
import { seeingDetector } from '../seeing-detector.js';
import type { SystemStation } from '../station.js';
import { provesWell, type Scenario } from './scenario.js';

/** To load and prove a bundle takes the guest minutes, a slow one longer still. */
const verbMs = 900_000;
/** 2·10¹⁰ operations for a picture: no guest in emulation does that within `station.deadlineMs`. */
const slowLayers = 5;
const trusted = '/etc/cupcheck/trusted.d';

function atWork(station: SystemStation): StationAtWork {
  return {
    cupcheck: (...words) => station.machine.run(`cupcheck ${words.join(' ')}`, { timeoutMs: verbMs }),
    async send(path) {
      const there = `/root/${basename(path)}`;
      await station.machine.send(path, there);
      return there;
    },
    rightCup: () => station.cup(station.clean),
    wrongCup: () => station.cup(station.mixed),
  };
}

/** The bundle of the config, by its digest. */
async function oldBundle(station: SystemStation): Promise<string> {
  return (await readSignedManifest(station.bundle, { keys: [], allowUnsigned: true })).sha256;
}

const make = (station: SystemStation, pair: KeyPair, kind: UpdateKind): Promise<UpdateArchive> =>
  makeUpdate(join(station.share, 'updates'), kind, { pair, detector: seeingDetector, slowLayers });

/** What is done to a station that trusts the maker of the updates; afterwards it judges by the bundle of its config. */
async function trusting<T>(station: SystemStation, work: (pair: KeyPair) => Promise<T>): Promise<T> {
  const pair = keyPair('evening');
  writeFileSync(join(station.share, 'evening.pub'), pair.publicPem);
  await station.machine.must(`install -D -m 644 /host/evening.pub ${trusted}/evening.pub`);
  try {
    return await work(pair);
  } finally {
    await station.machine.must(
      `cupcheck bundle rollback; cupcheck bundle prune; rm -f ${trusted}/evening.pub /root/tiny-*.tar`,
      { timeoutMs: verbMs },
    );
  }
}

const keptPictures = { images: { keepAmbers: true, keepGreensShare: 1 } };
const page = new URL('../../../docs/technician.md', import.meta.url);

function inTrouble(station: SystemStation, pair: KeyPair, old: string): StationInTrouble {
  const { machine, bench } = station;
  return {
    ...atWork(station),
    old,
    // To start Node takes the guest seconds.
    underWayMs: 15_000,
    camera: (isThere) => bench.do(isThere ? 'camera on' : 'camera off').then(() => undefined),
    removeFile: (path) => machine.must(`rm ${path}`).then(() => undefined),
    async whileACupStands(work) {
      await station.place(station.clean);
      return await work(() => station.take());
    },
    async cutOff(afterMs, ...words) {
      const line = machine.open(`cupcheck ${words.join(' ')}`);
      await pause(afterMs);
      line.kill('SIGKILL');
    },
    async cutPower(afterMs, work) {
      const wrong = await cutDuring(station, work, afterMs);
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
    },
    async commitWithin(s) {
      await station.configure({ ...keptPictures, ...(s === null ? {} : { bundle: { commitWithinS: s } }) });
      await station.restart();
    },
    make: (kind) => make(station, pair, kind),
    makeStrange: () =>
      makeUpdate(join(station.share, 'strange'), 'good', {
        pair: keyPair('stranger'),
        detector: seeingDetector,
        slowLayers,
      }),
  };
}

/** The commands of the page, one after the other. Only what `doctor` finds is a matter of the machine. */
async function eveningCommands(station: SystemStation, archive: UpdateArchive, say: (line: string) => void) {
  const there = await atWork(station).send(archive.path);
  for (const { line, words } of shownCommands(eveningSection(readFileSync(page, 'utf8')))) {
    if (words.length === 0) continue;
    const { code, stdout, stderr } = await atWork(station).cupcheck(
      ...words.map((word) => (word === basename(there) ? there : word)),
    );
    say(`$ ${line}\n${stderr}${stdout}`);
    if (code !== 0 && words[0] !== 'doctor') throw new Error(`${line} ended with ${code}`);
    if (words.includes('activate')) oneBundleEach([await station.cup(station.clean)], [archive.sha256]);
  }
}

export const technicianEvening = (say: (line: string) => void): Scenario => ({
  name: 'the technician’s evening: the commands of the page, then each row of its table and its way out',
  run: (station) =>
    trusting(station, async (pair) => {
      const old = await oldBundle(station);
      await station.configure(keptPictures);
      await station.restart();
      const remove = await withGoldenPictures(atWork(station));
      try {
        await eveningCommands(station, await make(station, pair, 'good'), say);
        await goBack(atWork(station));
      } finally {
        await remove();
      }
      await goAllWaysOut(inTrouble(station, pair, old), (row) => say(`system: the way out of: ${row}`));
      await station.configure();
      await station.restart();
      await provesWell(station);
      return { times: 1 + waysOut.length, light: 'as each row says', journal: 'each cup by one whole bundle' };
    }),
});

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export const updateUnderCups = (times: number): Scenario => ({
  name: 'a new bundle over ssh while cups run: install, activate, commit; then rollback',
  run: (station) =>
    trusting(station, async (pair) => {
      const old = await oldBundle(station);
      const archive = await make(station, pair, 'good');
      const cups: Result[] = [];
      let longestMs = 0;
      for (let i = 0; i < times; i++) {
        cups.push(...(await updateWhileCupsRun(atWork(station), archive, old)));
        longestMs = Math.max(longestMs, await goBack(atWork(station)));
        oneBundleEach([await station.cup(station.clean)], [old]);
      }
      await provesWell(station);
      const light = `never by half a bundle; rolled back in ${seconds(longestMs)} at most`;
      return { times, light, journal: `each cup names one whole bundle: ${inWords(cups)}` };
    }),
});

const bad = ['wrong shape', 'crash at load', 'slow', 'worse golden result'] as const;

export const badUpdates = (times: number): Scenario => ({
  name: `a bad bundle while cups run: ${bad.join('; ')}`,
  run: (station) =>
    trusting(station, async (pair) => {
      const old = await oldBundle(station);
      await station.configure(keptPictures);
      await station.restart();
      const cups: Result[] = [];
      const remove = await withGoldenPictures(atWork(station));
      try {
        for (let i = 0; i < times; i++) {
          for (const kind of bad) cups.push(...(await refused(atWork(station), await make(station, pair, kind), old)));
        }
      } finally {
        await remove();
        await station.configure();
        await station.restart();
      }
      await provesWell(station);
      const journal = `each refusal told; each cup by the old bundle: ${inWords(cups)}`;
      return { times: times * bad.length, light: 'as ever', journal };
    }),
});

/** Cuts the power while `work` goes on, `afterMs` after its start, and brings the station back. Returns what does not fit together. */
async function cutDuring(station: SystemStation, work: () => Promise<unknown>, afterMs: number): Promise<string[]> {
  const wrong = await station.check();
  const power = { on: true };
  const working = work().then(
    () => null,
    (thrown: unknown) => (power.on ? thrown : null),
  );
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  power.on = false;
  station.keepEdges();
  await station.machine.cutPower();
  const failed = await working;
  if (failed !== null) throw failed;
  const from = station.heard;
  await station.machine.powerOn();
  await station.startBench();
  await station.ready(from);
  return [...wrong, ...(await station.check({ powerCut: true }))];
}

export const updatePowerCut = (times: number, say: (line: string) => void): Scenario => ({
  name: 'the power is cut in the middle of an update',
  run: (station) =>
    trusting(station, async (pair) => {
      const old = await oldBundle(station);
      const archive = await make(station, pair, 'good');
      const began = performance.now();
      await update(atWork(station), archive);
      const wholeMs = performance.now() - began;
      const found = { old: 0, new: 0 };
      for (let i = 0; i < times; i++) {
        await goBack(atWork(station));
        const afterMs = wholeMs * (((i + 1) * 0.618) % 1);
        const wrong = await cutDuring(station, () => update(atWork(station), archive), afterMs);
        if (wrong.length > 0) throw new Error(`power cut ${i + 1}, after ${seconds(afterMs)}: ${wrong.join('\n')}`);
        const cup = await station.cup(station.clean);
        oneBundleEach([cup], [old, archive.sha256]);
        if (cup.verdict !== 'green') throw new Error(`power cut ${i + 1}: ${JSON.stringify(cup.reasons)}`);
        const by = cup.bundle?.sha256 === old ? 'old' : 'new';
        found[by]++;
        say(`system: power cut ${i + 1} of ${times}, ${seconds(afterMs)} into an update: judged by the ${by} bundle`);
      }
      await goBack(atWork(station));
      await update(atWork(station), archive);
      oneBundleEach([await station.cup(station.clean)], [archive.sha256]);
      await provesWell(station);
      const light = 'dark with the power; green for the next cup';
      return { times, light, journal: `${found.old} by the old bundle, ${found.new} by the new one, each whole` };
    }),
});

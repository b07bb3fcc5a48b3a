// npm run bench: everything that docs/performance.md tells, measured in one run. See bench/README.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { aimsOf } from './report/aims.mjs';
import { table } from './report/table.mjs';
import { machine, source } from './machine.mjs';
import { capture } from './parts/capture.mjs';
import { crops } from './parts/crops.mjs';
import { decode } from './parts/decode.mjs';
import { judgement } from './parts/judgement.mjs';
import { composedCups, demoSizes, profile, station } from './parts/station.mjs';
import { OpenCv } from './peers/opencv.mjs';
import { flameTree } from './report/flame-tree.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const usage = `npm run bench -- [--quick | --smoke] [--cups N] [--only PART,...] [--json] [--keep]
  --quick   less than 2 minutes, rough numbers
  --smoke   once through everything, for the checks of equal outputs and verdicts; no OpenCV, no times worth reading
  --cups N  cups from trigger to light
  --only    crops, decode, capture, judgement, station
  --json    the results as JSON on stdout
  --keep    write bench/results.json, from which npm run docs:performance makes docs/performance.md`;

const extents = {
  full: {
    crops: { rounds: 60, repeats: 20 },
    decode: { rounds: 30, repeats: 4 },
    capture: { frames: 150, idleFrames: 150 },
    judgement: { rounds: 40 },
    station: { cups: 200, starts: 5, profiled: 24 },
  },
  quick: {
    crops: { rounds: 15, repeats: 20 },
    decode: { rounds: 6, repeats: 2 },
    capture: { frames: 60, idleFrames: 60 },
    judgement: { rounds: 8, cups: 3 },
    station: { cups: 28, starts: 1, profiled: 0 },
  },
  smoke: {
    crops: { rounds: 1, repeats: 1 },
    decode: { rounds: 1, repeats: 1 },
    capture: { frames: 5, idleFrames: 5 },
    judgement: { rounds: 1, cups: 1 },
    station: { cups: 4, starts: 1, profiled: 2 },
  },
};
const partNames = Object.keys(extents.full);

function refuse(problem) {
  process.stderr.write(`${problem}\n${usage}\n`);
  process.exit(2);
}

function readArguments() {
  const flag = { type: 'boolean', default: false };
  const options = {
    quick: flag,
    smoke: flag,
    json: flag,
    keep: flag,
    help: flag,
    cups: { type: 'string' },
    only: { type: 'string' },
  };
  let values;
  try {
    values = parseArgs({ options }).values;
  } catch (error) {
    return refuse(error.message);
  }
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  if (values.quick && values.smoke) refuse('--quick and --smoke exclude each other');
  const extent = structuredClone(extents[values.smoke ? 'smoke' : values.quick ? 'quick' : 'full']);
  if (values.cups !== undefined) {
    const cups = Number(values.cups);
    if (!(Number.isInteger(cups) && cups >= 8 && cups <= 100_000))
      refuse(`--cups is ${String(values.cups)}, allowed is 8 to 100000`);
    extent.station.cups = cups;
  }
  const only = values.only?.split(',') ?? partNames;
  const unknown = only.find((name) => !partNames.includes(name));
  if (unknown !== undefined) refuse(`--only: there is no part "${unknown}"`);
  if (values.keep && (values.only !== undefined || values.quick || values.smoke))
    refuse('--keep needs a full run of every part: ratios of one page come from one run');
  return { ...values, extent, only };
}

const say = (text) => process.stderr.write(`bench: ${text}\n`);

function progress() {
  let toldMs = Date.now();
  return (done, all) => {
    if (done < all && Date.now() - toldMs < 5000) return;
    toldMs = Date.now();
    say(`cup ${done} of ${all}`);
  };
}

async function measureStation({ profiled, ...extent }, smoke) {
  const world = smoke ? demoSizes() : composedCups();
  const measured = await station(world, { ...extent, onCup: progress() });
  if (profiled === 0) return measured;
  say(`a profile of the judging process over ${profiled} cups`);
  return { ...measured, profile: { cups: profiled, tree: flameTree(await profile(world, profiled)) } };
}

async function measure({ extent, only, smoke }) {
  // The smoke must run where there is no OpenCV, and alike everywhere.
  const opencv = smoke ? null : await OpenCv.start();
  if (opencv === null && !smoke) say('no OpenCV to compare with: apt-get install python3-opencv');
  const parts = {
    crops: () => crops({ opencv, ...extent.crops }),
    decode: () => decode({ opencv, ...extent.decode }),
    capture: () => capture(extent.capture),
    judgement: () => judgement(extent.judgement),
    station: () => measureStation(extent.station, smoke),
  };
  const results = {};
  try {
    for (const name of only) {
      say(`${name} …`);
      const startMs = Date.now();
      results[name] = await parts[name]();
      say(`${name}: ${((Date.now() - startMs) / 1000).toFixed(0)} s`);
    }
  } finally {
    opencv?.stop();
  }
  const peers = { sharp: (await import('sharp')).default.versions.sharp, openCv: opencv?.version ?? null };
  return { schema: 1, at: new Date().toISOString(), machine: machine(), source: source(root), peers, ...results };
}

const options = readArguments();
const results = await measure(options);
const text = `${JSON.stringify(results, null, 1)}\n`;
process.stdout.write(options.json ? text : `${table(results, aimsOf(results))}\n`);
if (!options.smoke) {
  const files = ['build/bench/results.json', ...(options.keep ? ['bench/results.json'] : [])];
  mkdirSync(join(root, 'build/bench'), { recursive: true });
  for (const file of files) writeFileSync(join(root, file), text);
  say(files.join(' and '));
}

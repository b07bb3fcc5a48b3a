// One picture judged: our pipeline and the plain script, on the same networks with the same options.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OnnxRuntime } from '../../dist/hw/inference/onnx-runtime.js';
import { decodeJpeg } from '../../dist/native/jpeg.js';
import { loadBundle } from '../../dist/pipeline/bundle/load.js';
import { loadCalibration } from '../../dist/pipeline/bundle/load-calibration.js';
import { loadEngine } from '../../dist/pipeline/engine.js';
import { proveFresh } from '../../dist/pipeline/frame.js';
import { emptyCup, judgeCup } from '../../dist/pipeline/judge-cup.js';
import { demoFolder } from '../frame.mjs';
import { PlainScript } from '../peers/plain-script.mjs';
import { interleave, ratio, spread } from '../rounds.mjs';

const bundleFolder = join(demoFolder, '../bundles/first');
const threads = 2;
const policy = {
  mode: 'confirm',
  sharedSides: 'strict',
  minInformative: 1,
  count: null,
  overrideNotCovered: false,
  maxGreenIfBad: null,
  acceptBound: 'pooled',
  acceptUnread: true,
  measuringScore: null,
};

/** A network that adds up the time of its own runs. */
function clocked(network, clock) {
  return {
    signature: network.signature,
    provider: network.provider,
    fallbacks: network.fallbacks,
    async run(...input) {
      const start = performance.now();
      try {
        return await network.run(...input);
      } finally {
        clock.ms += performance.now() - start;
      }
    },
    close: () => network.close(),
  };
}

class Product {
  #engine;
  #clock = { ms: 0 };
  #view;

  static async load() {
    const product = new Product();
    const inference = new OnnxRuntime({ providers: ['cpu'], require: 'cpu', threads });
    const engine = await loadEngine(await loadBundle(bundleFolder, { keys: [], allowUnsigned: true }), inference);
    const clock = product.#clock;
    product.#engine = { ...engine, detector: clocked(engine.detector, clock), items: clocked(engine.items, clock) };
    const { calibration, referenceJpeg } = await loadCalibration(join(demoFolder, 'calibration.json'));
    product.#view = { pxPerMm: calibration.pxPerMm, empty: emptyCup(decodeJpeg(referenceJpeg), engine) };
    product.pxPerMm = calibration.pxPerMm;
    return product;
  }

  async judge(jpeg, { design, count }) {
    const start = performance.now();
    this.#clock.ms = 0;
    const picture = decodeJpeg(jpeg);
    const judgement = await judgeCup(
      {
        first: { picture, stamp: proveFresh({ seq: 1, exposedNs: 1n }, 0n) },
        second: null,
        order: { id: 'bench', design, count, cupNo: 1, expired: false },
        view: this.#view,
        decodeMs: performance.now() - start,
      },
      this.#engine,
      policy,
    );
    const { verdict, items, ms } = judgement;
    return { verdict, items, ms, totalMs: performance.now() - start, networksMs: this.#clock.ms };
  }

  close() {
    return this.#engine.close();
  }
}

function demoCups() {
  const lines = readFileSync(join(demoFolder, 'demo.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const { image, order, expected } = JSON.parse(line);
    return { image, order, expected: expected.verdict, jpeg: readFileSync(join(demoFolder, image)) };
  });
}

/** Every demo cup gets the same verdict from both, and the one that it should. */
async function checkVerdicts(product, script, cups) {
  const verdicts = [];
  for (const { image, jpeg, order, expected } of cups) {
    const ours = (await product.judge(jpeg, order)).verdict;
    const plain = (await script.judge(jpeg, order)).verdict;
    if (ours !== expected || plain !== expected)
      throw new Error(`${image} should be ${expected}; ours says ${ours}, the plain script ${plain}`);
    verdicts.push({ image, verdict: ours });
  }
  return verdicts;
}

async function compare(product, script, cup, rounds) {
  const kept = { ours: [], plain: [] };
  const contestant = (name, judge) => ({
    name,
    run: async () => {
      const judged = await judge();
      kept[name].push(judged);
      return judged.totalMs;
    },
  });
  const totals = await interleave(
    [
      contestant('ours', () => product.judge(cup.jpeg, cup.order)),
      contestant('plain', () => script.judge(cup.jpeg, cup.order)),
    ],
    { rounds },
  );
  const outside = (name) => kept[name].slice(-rounds).map(({ totalMs, networksMs }) => totalMs - networksMs);
  const networks = (name) => kept[name].slice(-rounds).map(({ networksMs }) => networksMs);
  const of = (name) => ({
    totalMs: spread(totals[name]),
    networksMs: spread(networks(name)),
    outsideMs: spread(outside(name)),
  });
  return {
    image: cup.image,
    items: kept.ours[0].items.length,
    ours: of('ours'),
    plain: of('plain'),
    outsideTimesOurs: ratio(outside('ours'), outside('plain')),
    totalTimesOurs: ratio(totals.ours, totals.plain),
  };
}

export async function judgement({ rounds, cups: wanted = Infinity }) {
  const product = await Product.load();
  try {
    const script = await PlainScript.load(bundleFolder, product.pxPerMm, threads);
    const cups = demoCups();
    const verdicts = await checkVerdicts(product, script, cups);
    const greens = cups.filter(({ expected }) => expected === 'green').slice(0, wanted);
    const cases = [];
    for (const cup of greens) cases.push(await compare(product, script, cup, rounds));
    return { rounds, threads, verdicts, cases };
  } finally {
    await product.close();
  }
}

import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import { detect } from '../../pipeline/detect.js';
import type { Engine } from '../../pipeline/engine.js';
import { emptyCup, judgeCup } from '../../pipeline/judge-cup.js';
import type { Policy } from '../../pipeline/policy.js';
import { type Scene, sceneOf } from '../../pipeline/scene.js';
import { fileStamp, offlineEngine } from '../offline-engine.js';
import { readPicture } from '../read-picture.js';
import { matchBoxes } from './match-items.js';
import { type CupOutcome, outcomeOf } from './outcome.js';
import { type DetectorSummary, detectorSummary, type Summary, summarise } from './summary.js';
import { readTruth, type TruthCup } from './truth.js';

export interface EvaluateOptions {
  readonly folder: string;
  /** Folder of the bundle; `null` = the shipped one. */
  readonly bundle: string | null;
  readonly overrideNotCovered: boolean;
  /** A score in the place of every calibrated threshold, for measuring. */
  readonly threshold: number | null;
  readonly sharedSides: 'strict' | 'allow';
  readonly minInformative: number;
  /** Judge with no picture of the empty cup, though the truth names one. */
  readonly ignoreReference: boolean;
  /** Judge without the scale, though the truth gives it. */
  readonly ignoreScale: boolean;
  /** A JSONL file of what happened to each cup. */
  readonly cupsOut: string | null;
  readonly threads: number;
  /** Called after each cup. */
  readonly onProgress: ((done: number, total: number) => void) | null;
}

const policyOf = (options: EvaluateOptions, cup: TruthCup): Policy => ({
  mode: cup.expect === null ? 'identify' : 'confirm',
  count: cup.count,
  sharedSides: options.sharedSides,
  minInformative: options.minInformative,
  overrideNotCovered: options.overrideNotCovered,
  maxGreenIfBad: null,
  measuringScore: options.threshold,
});

/** Pictures of empty cups, by path; the last few are kept, since cups of one station follow each other. */
class References {
  readonly #scenes = new Map<string, Scene>();
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async get(path: string): Promise<Scene> {
    const known = this.#scenes.get(path);
    if (known !== undefined) return known;
    const scene = emptyCup(await readPicture(path), this.#engine);
    const [oldest] = this.#scenes.keys();
    if (this.#scenes.size >= 32 && oldest !== undefined) this.#scenes.delete(oldest);
    this.#scenes.set(path, scene);
    return scene;
  }
}

async function judgeOne(
  cup: TruthCup,
  options: EvaluateOptions,
  engine: Engine,
  references: References,
): Promise<CupOutcome> {
  const started = performance.now();
  const picture = await readPicture(join(options.folder, cup.image));
  const decodeMs = performance.now() - started;
  const wantsReference = cup.reference !== null && !options.ignoreReference;
  const empty = wantsReference ? await references.get(join(options.folder, cup.reference)) : null;
  const order = cup.expect === null ? null : { design: cup.expect, count: cup.count, expired: false };
  const view = { pxPerMm: options.ignoreScale ? null : cup.pxPerMm, empty };
  const first = { picture, stamp: fileStamp() };
  const judgement = await judgeCup({ first, second: null, order, view, decodeMs }, engine, policyOf(options, cup));
  return outcomeOf(cup, judgement);
}

/**
 * Judges every cup of `folder/truth.jsonl` as its order says, one frame a cup, and sums up what became of them.
 * Runs in this process: the networks use `threads` threads, and the pictures follow each other.
 * @throws TRUTH_INVALID, BUNDLE_*, PICTURE_* (a truth that names a bad picture is a bad truth)
 */
export async function evaluate(options: EvaluateOptions): Promise<Summary> {
  const cups = await readTruth(options.folder, false);
  const engine = await offlineEngine(options.bundle, options.threads);
  const out = options.cupsOut === null ? null : createWriteStream(options.cupsOut);
  // A file that can't be written is reported by `finished` below; without a listener it would end the process.
  const written = out === null ? null : finished(out).catch((cause: unknown) => outputError(options.cupsOut, cause));
  try {
    const references = new References(engine);
    const outcomes: CupOutcome[] = [];
    for (const cup of cups) {
      const outcome = await judgeOne(cup, options, engine, references);
      outcomes.push(outcome);
      out?.write(`${JSON.stringify(outcome)}\n`);
      options.onProgress?.(outcomes.length, cups.length);
    }
    out?.end();
    const failure = await written;
    if (failure instanceof CupcheckError) throw failure;
    return summarise(outcomes);
  } finally {
    out?.destroy();
    await engine.close();
  }
}

const outputError = (path: string | null, cause: unknown) =>
  new CupcheckError(
    'USAGE',
    `${path ?? ''} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      cause,
    },
  );

/**
 * Runs the detector alone over pictures with boxes (`truth.jsonl` or `boxes.jsonl`).
 * @throws TRUTH_INVALID, BUNDLE_*, PICTURE_*
 */
export async function evaluateDetector(
  options: EvaluateOptions,
): Promise<DetectorSummary & { readonly pictures: number }> {
  const pictures = await readTruth(options.folder, true);
  const engine = await offlineEngine(options.bundle, options.threads);
  try {
    const spec = engine.bundle.manifest.networks.detector;
    const results: Parameters<typeof detectorSummary>[0][number][] = [];
    for (const { image, items } of pictures) {
      const scene = sceneOf(await readPicture(join(options.folder, image)), spec);
      const seen = await detect(scene, spec, engine.detector);
      const matches = matchBoxes(
        seen.items.map(({ box }) => box),
        items.map(({ box }) => box),
      );
      results.push({
        items: matches.map((match) => ({ matched: match !== null })),
        truth: items.map(({ visible }, index) => ({ visible, found: matches.includes(index) })),
      });
      options.onProgress?.(results.length, pictures.length);
    }
    return { pictures: pictures.length, ...detectorSummary(results) };
  } finally {
    await engine.close();
  }
}

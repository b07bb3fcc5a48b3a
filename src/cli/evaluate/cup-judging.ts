import { join } from 'node:path';
import { detect } from '../../pipeline/detect.js';
import type { Engine } from '../../pipeline/engine.js';
import { emptyCup, judgeCupByAll } from '../../pipeline/judge-cup.js';
import type { Policy } from '../../pipeline/policy.js';
import { engineKnowing } from '../../pipeline/judges/known-designs.js';
import { sceneOf } from '../../pipeline/scene.js';
import { fileStamp } from '../../pipeline/file-stamp.js';
import { readPicture } from '../read-picture.js';
import { knownOfCup } from './known-of-cup.js';
import { matchBoxes } from './match-items.js';
import { type CupOutcome, outcomesOf } from './outcome.js';
import type { DetectorPicture } from './summary.js';
import type { TruthCup } from './truth.js';

/** How the cups of an evaluation are judged: the same for each of them. */
export interface JudgingRules {
  readonly overrideNotCovered: boolean;
  /** As a station with `risk.unread: accept`. */
  readonly acceptUnread: boolean;
  /** A score in the place of every calibrated threshold, for measuring. */
  readonly threshold: number | null;
  readonly sharedSides: 'strict' | 'allow';
  readonly minInformative: number;
  /** As if the bundle knew so many designs, others for each cup; `null` = all. */
  readonly knownDesigns: number | null;
  /** Judge with no picture of the empty cup, though the truth names one. */
  readonly ignoreReference: boolean;
  /** Judge without the scale, though the truth gives it. */
  readonly ignoreScale: boolean;
}

const policyOf = (rules: JudgingRules, cup: TruthCup): Policy => ({
  mode: cup.expect === null ? 'identify' : 'confirm',
  count: cup.count,
  sharedSides: rules.sharedSides,
  minInformative: rules.minInformative,
  overrideNotCovered: rules.overrideNotCovered,
  acceptUnread: rules.acceptUnread,
  maxGreenIfBad: null,
  acceptBound: 'pooled',
  measuringScore: rules.threshold,
});

const keptReferences = 32;

/** Judges single cups of one folder with one engine. */
export class CupJudging {
  readonly #folder: string;
  readonly #rules: JudgingRules;
  readonly #engine: Engine;
  /** Pictures of empty cups, by path; the last few are kept, since cups of one station follow each other. */
  readonly #references = new Map<string, ReturnType<typeof emptyCup>>();

  constructor(folder: string, rules: JudgingRules, engine: Engine) {
    this.#folder = folder;
    this.#rules = rules;
    this.#engine = engine;
  }

  /** What each of the engine's judges makes of the cup. @throws PICTURE_*, INFER_FAILED */
  async judge(cup: TruthCup): Promise<readonly CupOutcome[]> {
    const started = performance.now();
    const picture = await readPicture(join(this.#folder, cup.image));
    const decodeMs = performance.now() - started;
    const wantsReference = cup.reference !== null && !this.#rules.ignoreReference;
    const empty = wantsReference ? await this.#reference(join(this.#folder, cup.reference)) : null;
    const order = cup.expect === null ? null : { design: cup.expect, count: cup.count, expired: false };
    const view = { pxPerMm: this.#rules.ignoreScale ? null : cup.pxPerMm, empty };
    const first = { picture, stamp: fileStamp() };
    const input = { first, second: null, order, view, decodeMs };
    const judgements = await judgeCupByAll(input, this.#engineFor(cup), policyOf(this.#rules, cup));
    return outcomesOf(
      cup,
      this.#engine.judges.map(({ name }) => name),
      judgements,
    );
  }

  #engineFor(cup: TruthCup): Engine {
    const { knownDesigns } = this.#rules;
    if (knownDesigns === null) return this.#engine;
    const designs = this.#engine.bundle.manifest.designs.map(({ id }) => id);
    return engineKnowing(this.#engine, knownOfCup(cup, designs, knownDesigns));
  }

  /** Runs the detector alone. @throws PICTURE_*, INFER_FAILED */
  async detect({ image, items }: TruthCup): Promise<DetectorPicture> {
    const spec = this.#engine.bundle.manifest.networks.detector;
    const scene = sceneOf(await readPicture(join(this.#folder, image)), spec);
    const seen = await detect(scene, spec, this.#engine.detector);
    const matches = matchBoxes(
      seen.items.map(({ box }) => box),
      items.map(({ box }) => box),
    );
    return {
      items: matches.map((match) => ({ matched: match !== null })),
      truth: items.map(({ visible }, index) => ({ visible, found: matches.includes(index) })),
    };
  }

  async #reference(path: string): Promise<ReturnType<typeof emptyCup>> {
    const known = this.#references.get(path);
    if (known !== undefined) return known;
    const scene = emptyCup(await readPicture(path), this.#engine);
    const [oldest] = this.#references.keys();
    if (this.#references.size >= keptReferences && oldest !== undefined) this.#references.delete(oldest);
    this.#references.set(path, scene);
    return scene;
  }
}

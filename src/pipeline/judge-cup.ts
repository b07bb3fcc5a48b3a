import { type Background, backgroundOf, cupPart, driftFrom } from './background.js';
import { cropItems } from './crop.js';
import { decide } from './decide.js';
import { detect } from './detect.js';
import { areaOf } from './ellipse.js';
import type { Engine } from './engine.js';
import type { CupFacts } from './facts.js';
import type { FreshStamp, Picture } from './frame.js';
import { glanceAt, type Glance } from './glance.js';
import type { Judgement, StageMs } from './judgement.js';
import type { CupSeen, Judge } from './judges/judge.js';
import { measureItems, type MeasuredItem } from './measure.js';
import { overlappingPairs } from './overlap.js';
import type { CupOrder, OrderSeen, Policy } from './policy.js';
import { changeBetween } from './same-cup.js';
import { type Scene, sceneOf } from './scene.js';
import { scoreTurned } from './score.js';
import { sharpnessAgainst } from './sharpness.js';
import { withoutPhantoms } from './phantom.js';
import { findUnexplained, type Zone } from './unexplained.js';

/** A decoded frame with the proof that it was exposed after the trigger. */
export interface CupFrame {
  readonly picture: Picture;
  readonly stamp: FreshStamp;
}

/** A later frame of the same cup at a glance, with the same proof. */
export interface CupGlance {
  readonly glance: Glance;
  readonly stamp: FreshStamp;
}

/** The empty cup as the detector sees it, and as the background of its items. */
export interface EmptyCup extends Scene {
  readonly background: Background;
}

/** What is known of the camera's place, measured once (see `calibration.ts`). */
export interface View {
  /** `null` = not calibrated: sizes are not checked. */
  readonly pxPerMm: number | null;
  /** `null` = none. */
  readonly empty: EmptyCup | null;
  /** Where a code may stand beside the cup: x, y, width, height in picture pixels. What lies there is no item. */
  readonly codeZone?: Zone | null;
}

export interface CupInput {
  readonly first: CupFrame;
  /** For the motion check; `null` where there is only one, and the result warns. */
  readonly second: CupGlance | null;
  readonly order: CupOrder | null;
  /** Reads the order off the picture, in the place of `order`, while the detector runs on other threads. */
  readonly readOrder?: () => Promise<OrderSeen>;
  readonly view: View;
  /** Milliseconds that decoding took, for the account of times. */
  readonly decodeMs: number;
}

/** The picture of the empty cup in the form that cups are compared with. */
export const emptyCup = (picture: Picture, engine: Engine): EmptyCup => ({
  ...sceneOf(picture, engine.bundle.manifest.networks.detector),
  background: backgroundOf(picture),
});

function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const ms = now - last;
    last = now;
    return ms;
  };
}

/** Whether a thing's middle lies in the zone. */
function isWithin([left, top, width, height]: Zone, [x, y, w, h]: Zone): boolean {
  const [cx, cy] = [x + w / 2 - left, y + h / 2 - top];
  return cx >= 0 && cx <= width && cy >= 0 && cy <= height;
}

/** Area of the smallest item that may lie in the cup, picture pixels. */
function smallestDiscPx(
  engine: Engine,
  pxPerMm: number | null,
  items: readonly MeasuredItem[],
  picture: Picture,
): number {
  const smallestMm = Math.min(...engine.bundle.manifest.designs.map(({ diameterMm }) => diameterMm));
  if (pxPerMm !== null) return (Math.PI / 4) * (smallestMm * pxPerMm) ** 2;
  if (items.length > 0) return Math.min(...items.map(({ outline }) => areaOf(outline)));
  // Nothing gives a scale: an item is taken to be a twentieth of the picture's height at least.
  return (Math.PI / 4) * (picture.height / 20) ** 2;
}

/** A cup as it was seen, before any judge says what it thinks of it. */
interface SeenCup {
  readonly facts: Omit<CupFacts, 'judge' | 'opinion'>;
  readonly cup: CupSeen;
  readonly ms: Omit<StageMs, 'judge'>;
  /** Milliseconds for what all judges share: sizes, overlaps, what differs from the empty cup. */
  readonly sharedMs: number;
}

async function seeCup(input: CupInput, engine: Engine, policy: Policy): Promise<SeenCup> {
  const { manifest } = engine.bundle;
  const { picture } = input.first;
  const { view, second } = input;
  const lap = stopwatch();
  const glance = glanceAt(picture);
  const exposures = [glance, ...(second === null ? [] : [second.glance])].map(({ exposure }) => exposure);
  const motion = second === null ? null : changeBetween(glance, second.glance);
  const qualityMs = lap();
  const scene = sceneOf(picture, manifest.networks.detector);
  const latched: OrderSeen = { order: input.order, doubt: null };
  // The detector runs on threads of its own: what needs no item of it is done meanwhile.
  const [detections, background, seen] = await Promise.all([
    detect(scene, manifest.networks.detector, engine.detector),
    view.empty === null ? null : new Promise<Background>((resolve) => resolve(backgroundOf(picture))),
    input.readOrder?.() ?? latched,
  ]);
  const zone = view.codeZone ?? null;
  const detector = manifest.networks.detector;
  const real =
    view.empty === null
      ? detections.items
      : withoutPhantoms(detections.items, scene, view.empty, detector.peakThreshold);
  const inCup = real.filter(({ box }) => zone === null || !isWithin(zone, box));
  const items = measureItems(picture, inCup, view.pxPerMm);
  const outlines = items.map(({ outline }) => outline);
  const discPx = smallestDiscPx(engine, view.pxPerMm, items, picture);
  const unexplained = findUnexplained(scene, view.empty, detections, outlines, discPx, zone);
  const detectMs = lap();
  const crops = cropItems(picture, outlines, manifest.networks.items);
  const cropMs = lap();
  const turns = manifest.judge.turns ?? 1;
  const scores = await scoreTurned(crops, turns, manifest.networks.items, engine.items, engine.withFeatures);
  const inferMs = lap();
  const sizeFits = items.map(({ diameterMm }) =>
    manifest.designs.map((design) =>
      diameterMm === null ? null : Math.abs(diameterMm - design.diameterMm) <= design.toleranceMm,
    ),
  );
  const cup = {
    items: scores.map((score, index) => ({ ...score, sizeFits: sizeFits[index] ?? [] })),
    outlines,
    picture,
  };
  const facts = {
    manifest,
    items,
    sizeFits,
    overlaps: overlappingPairs(outlines),
    unexplained,
    exposures,
    motion,
    sharpness: items.length === 0 && view.empty !== null ? sharpnessAgainst(scene, view.empty) : null,
    drift:
      view.empty === null || background === null
        ? null
        : driftFrom(view.empty.background, background, outlines, { zone, part: cupPart }),
    pxPerMm: view.pxPerMm,
    hasReference: view.empty !== null,
    bundleSigned: engine.bundle.signature.kind === 'signed',
    order: seen.order,
    orderDoubt: seen.doubt,
    policy,
  };
  const ms = { decode: input.decodeMs, quality: qualityMs, detect: detectMs, crop: cropMs, infer: inferMs };
  return { facts, cup, ms, sharedMs: lap() };
}

async function judgeSeen({ facts, cup, ms, sharedMs }: SeenCup, judge: Judge, stamp: FreshStamp): Promise<Judgement> {
  const lap = stopwatch();
  const opinion = await judge.judge(cup);
  const judged = decide({ ...facts, judge: judge.name, opinion }, stamp, { ...ms, judge: sharedMs });
  return { ...judged, ms: { ...ms, judge: sharedMs + lap() } };
}

/**
 * Judges one cup: the way from a fresh frame to green or amber. The engine's first judge decides.
 * Pure but for the networks: the same input gives the same judgement.
 * @throws INFER_FAILED, NATIVE_ARGUMENT, CALIBRATION_INVALID (the empty cup's picture is of another size), PICTURE_SIZE
 */
export async function judgeCup(input: CupInput, engine: Engine, policy: Policy): Promise<Judgement> {
  return await judgeSeen(await seeCup(input, engine, policy), engine.judges[0], input.first.stamp);
}

/** What each of the engine's judges makes of the same cup, which is seen once. Errors: those of `judgeCup`. */
export async function judgeCupByAll(input: CupInput, engine: Engine, policy: Policy): Promise<Judgement[]> {
  const seen = await seeCup(input, engine, policy);
  const judgements: Judgement[] = [];
  for (const judge of engine.judges) judgements.push(await judgeSeen(seen, judge, input.first.stamp));
  return judgements;
}

import { radiusAt } from '../../../../src/pipeline/ellipse.js';
import { fitEllipse } from './fit-ellipse.js';
import type { Picture } from '../../../../src/pipeline/frame.js';
import type { Ellipse } from '../../../../src/pipeline/judgement.js';
import { type EdgePoint, edgesAlongRays } from './rays.js';

/** An item's outline, found on the full picture. */
export interface Rim {
  /** Full axes in picture pixels. */
  readonly ellipse: Ellipse;
  /** Share of the rays on which the outline was seen, 0 to 1. */
  readonly seen: number;
  /** Width of its edge (10–90 %), pixels: the measure of focus. */
  readonly widthPx: number;
}

const RAYS = 96;
/** The detector's radius is wrong by less than this share. */
const RADIUS_SLACK = 0.3;
/** A ring of edges with this share of the best ring's support and a larger radius is the rim; the best is a ring inside it. */
const OUTER_SHARE = 0.5;
/** An edge of this share of the usual strength counts in full: a rim may be fainter than what is struck inside it. */
const ENOUGH = 0.6;

interface Circle {
  readonly cx: number;
  readonly cy: number;
  readonly radius: number;
}

/** Support of every radius about one centre: a histogram of edge strengths, each edge spread over ± `softPx`. */
function supportByRadius(
  edges: Votes,
  cx: number,
  cy: number,
  fromPx: number,
  softPx: number,
  bins: Float64Array,
): void {
  bins.fill(0);
  const { xs, ys, weights } = edges;
  for (let k = 0; k < xs.length; k++) {
    const at = Math.sqrt(((xs[k] ?? 0) - cx) ** 2 + ((ys[k] ?? 0) - cy) ** 2) - fromPx;
    const last = Math.min(bins.length - 1, Math.floor(at + softPx));
    for (let bin = Math.max(0, Math.ceil(at - softPx)); bin <= last; bin++)
      bins[bin] = (bins[bin] ?? 0) + (weights[k] ?? 0) * (1 - Math.abs(bin - at) / softPx);
  }
}

/** Edges as columns, since the search for the centre goes over them some hundred times. */
interface Votes {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  /** Strength, no more than the usual. */
  readonly weights: Float64Array;
}

function votesOf(edges: readonly EdgePoint[], limit: number): Votes {
  return {
    xs: Float64Array.from(edges, ({ x }) => x),
    ys: Float64Array.from(edges, ({ y }) => y),
    weights: Float64Array.from(edges, ({ strength }) => Math.min(strength, limit)),
  };
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return most;
}

/** Hough search: the centre near `about` whose best radius has the most support. */
function findCentre(edges: Votes, about: Circle, stepPx: number, steps: number): Circle {
  const fromPx = about.radius * (1 - RADIUS_SLACK);
  const bins = new Float64Array(Math.ceil(about.radius * 2 * RADIUS_SLACK) + 1);
  let best = { cx: about.cx, cy: about.cy, support: -1 };
  for (let iy = -steps; iy <= steps; iy++)
    for (let ix = -steps; ix <= steps; ix++) {
      const [cx, cy] = [about.cx + ix * stepPx, about.cy + iy * stepPx];
      supportByRadius(edges, cx, cy, fromPx, Math.max(1.5, stepPx * 0.9), bins);
      const support = largest(bins);
      if (support > best.support) best = { cx, cy, support };
    }
  return { cx: best.cx, cy: best.cy, radius: about.radius };
}

/**
 * Radius of the outermost clear ring of edges that step the same way: an item ends with a step down into its contact
 * shadow or with a step up to a bright bottom, and the edges of the two ways must not be taken for one ring.
 * Tried and worse on composed cups: a prior about the detector's radius, and the middle of a thin dark line.
 */
function findRing(edges: readonly EdgePoint[], { cx, cy, radius }: Circle, limit: number): number {
  const fromPx = radius * (1 - RADIUS_SLACK);
  const rings = [true, false].map((rises) => {
    const bins = new Float64Array(Math.ceil(radius * 2 * RADIUS_SLACK) + 1);
    const way = votesOf(
      edges.filter((edge) => edge.rises === rises),
      ENOUGH * limit,
    );
    supportByRadius(way, cx, cy, fromPx, Math.max(2, 0.02 * radius), bins);
    return bins;
  });
  const least = OUTER_SHARE * Math.max(...rings.map(largest));
  return fromPx + Math.max(...rings.map((bins) => outermost(bins, least)));
}

/** The last bin that is a peak of at least `least`. */
function outermost(bins: Float64Array, least: number): number {
  return bins.findLastIndex(
    (here, bin) => here >= least && here > (bins[bin - 1] ?? 0) && here >= (bins[bin + 1] ?? 0),
  );
}

/** On each ray the clearest edge within `tolerancePx` of the outline: strong, and near it. */
function edgesOn(edges: readonly EdgePoint[], outline: Ellipse, tolerancePx: number): EdgePoint[] {
  const clearest = new Map<number, { edge: EdgePoint; clarity: number }>();
  for (const edge of edges) {
    const dx = edge.x - outline.cx;
    const dy = edge.y - outline.cy;
    const off = Math.abs(Math.hypot(dx, dy) - radiusAt(outline, Math.atan2(dy, dx))) / tolerancePx;
    const clarity = edge.strength * (1 - off * off);
    if (off < 1 && clarity > (clearest.get(edge.ray)?.clarity ?? 0)) clearest.set(edge.ray, { edge, clarity });
  }
  return [...clearest.values()].map(({ edge }) => edge);
}

/** The usual strength of a ray's strongest edge: a glint must not weigh more than an edge that is seen all around. */
function usualStrongest(edges: readonly EdgePoint[]): number {
  const strongest = new Float64Array(RAYS);
  for (const edge of edges) strongest[edge.ray] = Math.max(strongest[edge.ray] ?? 0, edge.strength);
  return quantile([...strongest], 0.5);
}

/** Least squares on the edges near the outline, reweighted by their distance from it (Tukey's biweight). */
function refit(edges: readonly EdgePoint[], outline: Ellipse, tolerancePx: number): Ellipse | null {
  const near = edgesOn(edges, outline, tolerancePx);
  if (near.length < RAYS / 4) return null;
  const unit = outline.major / 2;
  const xs = near.map((edge) => (edge.x - outline.cx) / unit);
  const ys = near.map((edge) => (edge.y - outline.cy) / unit);
  const weights = near.map((edge) => {
    const dx = edge.x - outline.cx;
    const dy = edge.y - outline.cy;
    const off = (Math.hypot(dx, dy) - radiusAt(outline, Math.atan2(dy, dx))) / tolerancePx;
    return (1 - Math.min(1, off * off)) ** 2 * Math.sqrt(edge.strength);
  });
  const fitted = fitEllipse(xs, ys, weights);
  if (fitted === null) return null;
  const ellipse = {
    cx: outline.cx + fitted.cx * unit,
    cy: outline.cy + fitted.cy * unit,
    major: fitted.major * unit,
    minor: fitted.minor * unit,
    angleRad: fitted.angleRad,
  };
  const plausible =
    ellipse.minor / ellipse.major > 0.85 &&
    Math.abs(ellipse.major / outline.major - 1) < 0.15 &&
    Math.hypot(ellipse.cx - outline.cx, ellipse.cy - outline.cy) < 0.15 * unit;
  return plausible ? ellipse : null;
}

const quantile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? 0;

/**
 * Fits the outline of the item that a detector saw about (cx, cy), on the full picture.
 * Edges along rays vote for a circle; the outermost well supported one is taken, since an item has rings inside its rim
 * and soft shadows outside; an ellipse is fitted to the edges near it.
 * @returns `null` where no outline is seen
 */
export function findRim(picture: Picture, detected: Circle): Rim | null {
  const { cx, cy, radius } = detected;
  const reach = 0.12 * radius;
  const edges = edgesAlongRays(picture, {
    cx,
    cy,
    fromPx: radius * (1 - RADIUS_SLACK) - reach,
    toPx: radius * (1 + RADIUS_SLACK) + reach,
    rays: RAYS,
  });
  if (edges.length < RAYS / 4) return null;
  const limit = usualStrongest(edges);
  const votes = votesOf(edges, limit);
  const coarse = findCentre(votes, detected, 0.04 * radius, 3);
  const centre = findCentre(votes, coarse, 0.0133 * radius, 2);
  const ringPx = findRing(edges, centre, limit);
  let outline: Ellipse = { cx: centre.cx, cy: centre.cy, major: 2 * ringPx, minor: 2 * ringPx, angleRad: 0 };
  for (const share of [0.05, 0.035, 0.025, 0.02])
    outline = refit(edges, outline, Math.max(2, share * ringPx)) ?? outline;
  const on = edgesOn(edges, outline, Math.max(2, 0.025 * ringPx));
  const usual = quantile(
    on.map((edge) => edge.strength),
    0.5,
  );
  const clear = on.filter((edge) => edge.strength >= 0.25 * usual);
  if (clear.length === 0) return null;
  return {
    ellipse: outline,
    seen: clear.length / RAYS,
    widthPx: quantile(
      clear.map((edge) => edge.widthPx),
      0.4,
    ),
  };
}

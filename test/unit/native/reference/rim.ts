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
/** A ring of edges of this share of the clearest ring's support may be the rim. */
const RING_SHARE = 0.4;
/** The largest outline of this share of the clearest one's clarity is the rim. */
const OUTER_SHARE = 0.76;
/** An edge of this share of the usual strength counts in full: a rim may be fainter than what is struck inside it. */
const ENOUGH = 0.6;
/** Standard deviation of the detector's radius, as a share. */
const RADIUS_DOUBT = 0.15;

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

/** The places of a plot's peaks that reach a share of its highest value. */
function peaksOf(bins: Float64Array, share: number): number[] {
  const least = share * largest(bins);
  return [...bins.keys()].filter((bin) => {
    const here = bins[bin] ?? 0;
    return here >= least && here > (bins[bin - 1] ?? 0) && here >= (bins[bin + 1] ?? 0);
  });
}

/**
 * The rings that may be the rim: edges of one way (brighter or darker outwards) agree on a centre, and about either centre
 * the radii with most support are looked up, again for the edges of each way by themselves.
 */
function ringsAbout(edges: readonly EdgePoint[], detected: Circle, limit: number): Circle[] {
  const { radius } = detected;
  const fromPx = radius * (1 - RADIUS_SLACK);
  const ways = [true, false].map((rises) => edges.filter((edge) => edge.rises === rises));
  return ways.flatMap((agreeing) => {
    const votes = votesOf(agreeing, limit);
    const coarse = findCentre(votes, detected, 0.04 * radius, 3);
    const { cx, cy } = findCentre(votes, coarse, 0.0133 * radius, 2);
    return ways.flatMap((way) => {
      const bins = new Float64Array(Math.ceil(radius * 2 * RADIUS_SLACK) + 1);
      supportByRadius(votesOf(way, ENOUGH * limit), cx, cy, fromPx, Math.max(2, 0.02 * radius), bins);
      return peaksOf(bins, RING_SHARE).map((bin) => ({ cx, cy, radius: fromPx + bin }));
    });
  });
}

/** The ellipse that the edges near a ring lie on. */
function outlineOn(edges: readonly EdgePoint[], { cx, cy, radius }: Circle): Ellipse {
  const circle: Ellipse = { cx, cy, major: 2 * radius, minor: 2 * radius, angleRad: 0 };
  return [0.05, 0.035, 0.025, 0.02].reduce(
    (outline, share) => refit(edges, outline, Math.max(2, share * radius)) ?? outline,
    circle,
  );
}

/** How clear an outline is: the mean over all rays of the edge that lies close to it, 1 where strong enough; less for odd sizes and for tilt. */
function clarityOf(edges: readonly EdgePoint[], outline: Ellipse, detectedPx: number, limit: number): number {
  const close = edgesOn(edges, outline, Math.max(1.5, 0.006 * outline.major));
  const sum = close.reduce((total, { strength }) => total + Math.min(1, strength / (ENOUGH * limit)), 0);
  const doubt = (outline.major / (2 * detectedPx) - 1) / RADIUS_DOUBT;
  const flatness = outline.minor / outline.major;
  const flat = flatness >= 0.99 ? 1 : 1 - 4 * (0.99 - flatness);
  return (sum / RAYS) * Math.exp(-0.5 * doubt ** 2) * flat;
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
 * Edges along rays vote for circles; an ellipse is fitted to the edges near each; the largest of the clearest is taken,
 * since an item has rings inside its rim, and rings that are half rim and half shadow are not as clear.
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
  const outlines = ringsAbout(edges, detected, limit).map((ring) => outlineOn(edges, ring));
  const clarities = outlines.map((outline) => clarityOf(edges, outline, radius, limit));
  const least = OUTER_SHARE * Math.max(...clarities);
  const [outline] = outlines
    .filter((_, index) => (clarities[index] ?? 0) > 0 && (clarities[index] ?? 0) >= least)
    .sort((a, b) => b.major - a.major);
  if (outline === undefined) return null;
  const on = edgesOn(edges, outline, Math.max(2, 0.0125 * outline.major));
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

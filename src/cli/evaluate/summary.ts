import { upperBound } from './bound.js';
import type { CupOutcome } from './outcome.js';
import { trialsOf } from './trials.js';

export interface Share {
  readonly part: number;
  readonly of: number;
}

export interface KindSummary {
  readonly cups: number;
  readonly falseGreens: number;
  /** Distinct coins that did not belong, those of a cup full of wrong ones as one; cups where the truth names no such coin (a cup of a wrong count, a blurred one). */
  readonly coins: number;
  readonly failedCoins: number;
  /** Upper bound of P(green | bad cup of this kind) at `confidence`, counted in `coins`. */
  readonly bound: number;
}

export interface Summary {
  readonly judge: string;
  readonly cups: number;
  readonly confidence: number;
  /** Clean cups that turned green. */
  readonly coverage: Share;
  readonly coverageBySet: Readonly<Record<string, Share>>;
  readonly coverageByDesign: Readonly<Record<string, Share>>;
  /** Cups that must not be green, or turned green as another design. */
  readonly bad: KindSummary;
  readonly badByKind: Readonly<Record<string, KindSummary>>;
  readonly falseGreenImages: readonly string[];
  /**
   * Clean cups that scored more than every false green of this run, and the largest score of a false green (`null` = there
   * was none). Chosen after the fact, so it flatters; measured with a low `--threshold` it tells judges apart.
   */
  readonly overEveryFalseGreen: { readonly coverage: Share; readonly score: number | null };
  readonly reasons: {
    readonly clean: Readonly<Record<string, number>>;
    readonly bad: Readonly<Record<string, number>>;
  };
  readonly ms: Readonly<Record<string, { readonly p50: number; readonly p95: number }>>;
  readonly detector: DetectorSummary;
  /** Measured against true diameter of matched items, per cent. */
  readonly diameter: {
    readonly items: number;
    readonly medianError: number;
    readonly p95Error: number;
    readonly bias: number;
  } | null;
}

/** What the detector made of one picture: its true items, and what it took for items. */
export interface DetectorPicture {
  readonly truth: readonly { readonly visible: number; readonly found: boolean }[];
  readonly items: readonly { readonly matched: boolean }[];
}

export interface DetectorSummary {
  /** True items of which at least half can be seen, that were found. */
  readonly recall: Share;
  /** Found items that are true ones. */
  readonly precision: Share;
}

export const CONFIDENCE = 0.95;

const quantile = (sorted: readonly number[], share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
const ascending = (values: readonly number[]) => values.toSorted((a, b) => a - b);

function countBy<T>(values: readonly T[], key: (value: T) => readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) for (const one of key(value)) counts.set(one, (counts.get(one) ?? 0) + 1);
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]));
}

/** A green that must not be, or one as another design than the cup's. */
export const isFalseGreen = (cup: CupOutcome) =>
  cup.verdict === 'green' && (!cup.greenAllowed || (cup.truthDesign !== null && cup.design !== cup.truthDesign));

/** Coins that did not belong into the cup; the cup itself where what is wrong is no single coin. */
export function impostors(cup: CupOutcome): string[] {
  const wrong = cup.truth.filter(({ design }) => design !== cup.expect);
  if (wrong.length === 0) return [`cup:${cup.image}`];
  return wrong.map(({ coin, design }, index) => coin ?? `${design ?? 'unknown'}:${cup.image}:${String(index)}`);
}

/** A coin has failed where any cup that it should have spoilt went green: cups that share a coin are one piece of evidence. */
function kindSummary(cups: readonly CupOutcome[]): KindSummary {
  const { trials, failed } = trialsOf(cups.map((cup) => ({ impostors: impostors(cup), green: isFalseGreen(cup) })));
  return {
    cups: cups.length,
    falseGreens: cups.filter(isFalseGreen).length,
    coins: trials,
    failedCoins: failed,
    bound: upperBound(failed, trials, CONFIDENCE),
  };
}

function grouped(cups: readonly CupOutcome[], key: (cup: CupOutcome) => string): Map<string, CupOutcome[]> {
  const groups = new Map<string, CupOutcome[]>();
  for (const cup of cups) {
    const members = groups.get(key(cup));
    if (members === undefined) groups.set(key(cup), [cup]);
    else members.push(cup);
  }
  return new Map([...groups].sort(([a], [b]) => a.localeCompare(b)));
}

const greens = (cups: readonly CupOutcome[]): Share => ({
  part: cups.filter((cup) => cup.verdict === 'green' && !isFalseGreen(cup)).length,
  of: cups.length,
});

function times(cups: readonly CupOutcome[]): Summary['ms'] {
  const stages = Object.keys(cups[0]?.ms ?? {});
  const total = cups.map(({ ms }) => Object.values(ms).reduce((sum, value) => sum + value, 0));
  const columns: [string, number[]][] = stages.map((stage) => [stage, cups.map(({ ms }) => ms[stage] ?? 0)]);
  return Object.fromEntries(
    [...columns, ['total', total] as [string, number[]]].map(([stage, values]) => {
      const sorted = ascending(values);
      return [stage, { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) }];
    }),
  );
}

export function detectorSummary(pictures: readonly DetectorPicture[]): DetectorSummary {
  const truth = pictures.flatMap((picture) => picture.truth).filter(({ visible }) => visible >= 0.5);
  const items = pictures.flatMap((picture) => picture.items);
  return {
    recall: { part: truth.filter(({ found }) => found).length, of: truth.length },
    precision: { part: items.filter(({ matched }) => matched).length, of: items.length },
  };
}

function diameters(cups: readonly CupOutcome[]): Summary['diameter'] {
  const errors = cups
    .flatMap(({ items }) => items)
    .flatMap(({ diameterMm, trueDiameterMm }) =>
      diameterMm === null || trueDiameterMm === null ? [] : [(diameterMm / trueDiameterMm - 1) * 100],
    );
  if (errors.length === 0) return null;
  const sorted = ascending(errors.map(Math.abs));
  const bias = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  return { items: errors.length, medianError: quantile(sorted, 0.5), p95Error: quantile(sorted, 0.95), bias };
}

const toRecord = <T>(groups: Map<string, CupOutcome[]>, of: (cups: CupOutcome[]) => T): Record<string, T> =>
  Object.fromEntries([...groups].map(([name, cups]) => [name, of(cups)]));

function overEveryFalseGreen(
  clean: readonly CupOutcome[],
  wrong: readonly CupOutcome[],
): Summary['overEveryFalseGreen'] {
  const falseGreens = wrong.filter(isFalseGreen).map(({ score }) => score ?? Infinity);
  const score = falseGreens.length === 0 ? null : Math.max(...falseGreens);
  const over = clean.filter((cup) => score === null || (cup.score ?? -Infinity) > score);
  return { coverage: { part: greens(over).part, of: clean.length }, score };
}

/** @param cups what one judge made of each */
export function summarise(judge: string, cups: readonly CupOutcome[]): Summary {
  const clean = cups.filter(({ greenAllowed }) => greenAllowed);
  const bad = cups.filter(({ greenAllowed }) => !greenAllowed);
  const wrong = cups.filter((cup) => !cup.greenAllowed || isFalseGreen(cup));
  return {
    judge,
    cups: cups.length,
    confidence: CONFIDENCE,
    coverage: greens(clean),
    coverageBySet: toRecord(
      grouped(clean, ({ truth }) => truth[0]?.set ?? 'unnamed'),
      greens,
    ),
    coverageByDesign: toRecord(
      grouped(clean, ({ truthDesign }) => truthDesign ?? 'none'),
      greens,
    ),
    bad: kindSummary(wrong),
    badByKind: toRecord(
      grouped(wrong, ({ kind }) => kind),
      kindSummary,
    ),
    overEveryFalseGreen: overEveryFalseGreen(clean, wrong),
    falseGreenImages: cups.filter(isFalseGreen).map(({ image }) => image),
    reasons: { clean: countBy(clean, ({ reasons }) => reasons), bad: countBy(bad, ({ reasons }) => reasons) },
    ms: times(cups),
    detector: detectorSummary(cups),
    diameter: diameters(cups),
  };
}

import { judgeNames } from '../../../pipeline/judges/names.js';
import type { JudgeRun } from './judge-run.js';
import { html, type Markup } from './markup.js';
import { type Axis, drawLegend, drawPlot, type Plot, shareTicks, type Stroke } from './plot.js';
import { reliability, scoresProbability } from './reliability.js';
import { type RiskPoint, riskCurve } from './risk-curve.js';
import { strokeColours } from './style.js';

/** A judge looks the same in every report. */
export function strokeOf(judge: string): Stroke {
  const index = Math.max(0, (judgeNames as readonly string[]).indexOf(judge));
  return { colour: index % strokeColours, broken: index >= strokeColours };
}

/** Where nothing failed: below the smallest share that was ever seen. */
const ofNothing = 0.08;

/** A share on a logarithmic axis that keeps a place for none at all. */
function riskAxis(label: string, least: number): { readonly axis: Axis; readonly at: (value: number) => number } {
  const decades = Math.max(1, Math.ceil(-Math.log10(least)));
  const at = (value: number): number =>
    value <= 0 ? 0 : Math.max(ofNothing, 1 + (Math.log10(value) / decades) * (1 - ofNothing));
  const ticks = Array.from({ length: decades + 1 }, (_, power) => 10 ** -power);
  const text = (tick: number): string => `${Number((tick * 100).toPrecision(1))} %`;
  return {
    axis: { label, ticks: [...ticks.map((tick) => ({ at: at(tick), text: text(tick) })), { at: 0, text: '0' }] },
    at,
  };
}

interface Curve {
  readonly run: JudgeRun;
  readonly points: readonly RiskPoint[];
}

function curvePlot(
  curves: readonly Curve[],
  title: string,
  label: string,
  valueOf: (point: RiskPoint) => number,
): Plot {
  const values = curves.flatMap(({ points }) => points.map(valueOf)).filter((value) => value > 0);
  const { axis, at } = riskAxis(label, Math.min(0.1, ...values));
  return {
    title,
    x: { label: 'clean cups that turn green', ticks: shareTicks },
    y: axis,
    lines: curves.map(({ run, points }) => ({
      name: run.name,
      points: points.map((point) => [point.coverage, at(valueOf(point))]),
      stroke: strokeOf(run.name),
    })),
    marks: curves.flatMap(({ run, points }) => {
      if (run.operating === 'afterwards') return [];
      const { coverage } = run.atWork;
      const share = coverage.of === 0 ? 0 : coverage.part / coverage.of;
      const here = points.findLast((point) => point.coverage <= share) ?? points[0];
      const name = `${run.name}, calibrated`;
      return here === undefined ? [] : [{ name, at: [share, at(valueOf(here))], stroke: strokeOf(run.name) }];
    }),
  };
}

export function curvesSection(runs: readonly JudgeRun[], threshold: number | null): Markup {
  const curves = runs.map((run) => ({ run, points: riskCurve(run.cups) }));
  const cut =
    threshold === null
      ? html`<p class="note">The cups were judged at the calibrated thresholds, so the curves end there: with a low <code>--threshold</code> they go on.</p>`
      : html``;
  return html`<h2>Coverage and risk</h2>
<p>From left to right the threshold falls: more clean cups turn green, and at some point bad ones do. A ring stands at the calibrated threshold.</p>
${cut}
<div class="plots">${drawPlot(curvePlot(curves, 'False greens per bad cup', 'bad cups that turn green', ({ risk }) => risk))}
${drawPlot(curvePlot(curves, 'Upper bound at 95 %, in distinct impostors', 'at most so many', ({ bound }) => bound))}</div>
${drawLegend(runs.map(({ name }) => ({ name, stroke: strokeOf(name) })))}`;
}

/** How far a score that is meant as a probability can be taken for one. */
export function reliabilitySection(runs: readonly JudgeRun[]): Markup {
  const probable = runs.filter(({ name }) => scoresProbability(name));
  if (probable.length === 0) return html``;
  const plots = probable.map(({ name, cups }) => {
    const bins = reliability(cups);
    const stroke = strokeOf(name);
    const shareRight = (bin: (typeof bins)[number]) => bin.right / bin.cups;
    return drawPlot({
      title: name,
      x: { label: 'score', ticks: shareTicks },
      y: { label: 'cups that were right', ticks: shareTicks },
      lines: [{ name, points: bins.map((bin) => [bin.meanScore, shareRight(bin)]), stroke }],
      marks: bins.map((bin) => ({ name: `${bin.right} of ${bin.cups}`, at: [bin.meanScore, shareRight(bin)], stroke })),
      spans: bins.map(({ meanScore, low, high }) => ({ x: meanScore, low, high, stroke })),
      diagonal: true,
    });
  });
  return html`<h2>Reliability</h2>
<p>Share of cups that were what was ordered, by the score that the judge gave the order, amber cups too; the bars are exact bounds at 95 % on each side. On the dotted line a score is a probability. It holds for this folder’s share of bad cups alone.</p>
<div class="plots">${plots}</div>`;
}

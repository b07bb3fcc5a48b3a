import { html, type Markup } from './markup.js';

/** Where a value stands along an axis, 0 to 1. */
export interface Axis {
  readonly label: string;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

export type Point = readonly [x: number, y: number];

/** Look of a line or mark: a number that `style.ts` gives a colour, and whether it is broken. */
export interface Stroke {
  readonly colour: number;
  readonly broken: boolean;
}

export interface Plot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly { readonly name: string; readonly points: readonly Point[]; readonly stroke: Stroke }[];
  readonly marks: readonly { readonly name: string; readonly at: Point; readonly stroke: Stroke }[];
  /** Spans of doubt, upright. */
  readonly spans?: readonly {
    readonly x: number;
    readonly low: number;
    readonly high: number;
    readonly stroke: Stroke;
  }[];
  /** Where x and y are the same, as a thin line. */
  readonly diagonal?: boolean;
}

const size = { width: 560, height: 360 };
const frame = { left: 62, right: 26, top: 30, bottom: 46 };
const inner = {
  width: size.width - frame.left - frame.right,
  height: size.height - frame.top - frame.bottom,
};

/** Tenths of a pixel are enough. */
const px = (value: number): number => Math.round(value * 10) / 10;
const across = (x: number): number => px(frame.left + inner.width * x);
const up = (y: number): number => px(frame.top + inner.height * (1 - y));

export const strokeClass = ({ colour, broken }: Stroke): string => `s${colour}${broken ? ' broken' : ''}`;

const grid = ({ x, y }: Plot): Markup[] => [
  ...x.ticks.map(
    ({ at, text }) =>
      html`<line class="grid" x1="${across(at)}" y1="${up(0)}" x2="${across(at)}" y2="${up(1)}"/><text x="${across(at)}" y="${up(0) + 18}" text-anchor="middle">${text}</text>`,
  ),
  ...y.ticks.map(
    ({ at, text }) =>
      html`<line class="grid" x1="${across(0)}" y1="${up(at)}" x2="${across(1)}" y2="${up(at)}"/><text x="${across(0) - 8}" y="${up(at) + 4}" text-anchor="end">${text}</text>`,
  ),
];

const thinnest = 1.5;
/** How much thicker a line is than the next, which is drawn over it: lines that run together stay to be seen. */
const thicker = 0.55;

/** A plot as SVG within the page, in the page's colours. */
export function drawPlot(plot: Plot): Markup {
  const lines = plot.lines.map(
    ({ name, points, stroke }, index) =>
      html`<polyline class="line ${strokeClass(stroke)}" stroke-width="${px(thinnest + thicker * (plot.lines.length - 1 - index))}" points="${points.map(([x, y]) => `${across(x)},${up(y)}`).join(' ')}"><title>${name}</title></polyline>`,
  );
  const marks = plot.marks.map(
    ({ name, at: [x, y], stroke }) =>
      html`<circle class="mark ${strokeClass(stroke)}" cx="${across(x)}" cy="${up(y)}" r="4"><title>${name}</title></circle>`,
  );
  const spans = (plot.spans ?? []).map(
    ({ x, low, high, stroke }) =>
      html`<line class="span ${strokeClass(stroke)}" x1="${across(x)}" y1="${up(low)}" x2="${across(x)}" y2="${up(high)}"/>`,
  );
  const diagonal =
    plot.diagonal === true
      ? [html`<line class="diagonal" x1="${across(0)}" y1="${up(0)}" x2="${across(1)}" y2="${up(1)}"/>`]
      : [];
  return html`<svg class="plot" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${plot.title}">
<text class="title" x="${frame.left}" y="16">${plot.title}</text>
${grid(plot)}
${diagonal}
${spans}
${lines}
${marks}
<text x="${frame.left + inner.width / 2}" y="${size.height - 8}" text-anchor="middle">${plot.x.label}</text>
<text transform="translate(14 ${frame.top + inner.height / 2}) rotate(-90)" text-anchor="middle">${plot.y.label}</text>
</svg>`;
}

/** Ticks of a share, from 0 to 100 %. */
export const shareTicks: Axis['ticks'] = [0, 0.2, 0.4, 0.6, 0.8, 1].map((at) => ({ at, text: `${at * 100} %` }));

export interface Legend {
  readonly name: string;
  readonly stroke: Stroke;
}

export const drawLegend = (entries: readonly Legend[]): Markup =>
  html`<p class="legend">${entries.map(({ name, stroke }) => html`<span><svg viewBox="0 0 28 10" width="28" height="10" aria-hidden="true"><line class="line ${strokeClass(stroke)}" x1="0" y1="5" x2="28" y2="5"/></svg> ${name}</span>`)}</p>`;

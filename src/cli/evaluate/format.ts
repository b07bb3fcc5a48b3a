import type { DetectorSummary, KindSummary, Share, Summary } from './summary.js';

const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
const shareOf = ({ part, of }: Share) => `${of === 0 ? 'none' : percent(part / of)} (${String(part)} of ${String(of)})`;

const table = (rows: readonly (readonly string[])[]): string[] => {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)), []);
  return rows.map(
    (row) =>
      `  ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')}`,
  );
};

const kindRow = (name: string, { cups, falseGreens, coins, failedCoins, bound }: KindSummary) => [
  name,
  String(cups),
  String(falseGreens),
  String(coins),
  String(failedCoins),
  percent(bound),
];

const histogram = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).map(([reason, count]) => [reason, String(count)]);

const detectorLines = ({ recall, precision }: DetectorSummary) => [
  `Detector at IoU ≥ 0.5: recall ${shareOf(recall)}, precision ${shareOf(precision)}`,
];

export const formatDetector = (summary: DetectorSummary & { readonly pictures: number }): string =>
  [`${String(summary.pictures)} pictures`, ...detectorLines(summary)].join('\n');

/** The summary for people; the numbers say what they are counted in. */
export function formatSummary(summary: Summary): string {
  const lines = [
    `${String(summary.cups)} cups`,
    `Coverage: clean cups that turned green: ${shareOf(summary.coverage)}`,
    ...table(Object.entries(summary.coverageBySet).map(([set, share]) => [set, shareOf(share)])),
    `False greens: ${String(summary.bad.falseGreens)}. Bounds of P(green | bad cup) at ${percent(summary.confidence)}, counted in distinct coins that did not belong (cups where no coin is to blame):`,
    ...table([
      ['kind', 'cups', 'false greens', 'coins', 'failed', 'bound'],
      ...Object.entries(summary.badByKind).map(([kind, value]) => kindRow(kind, value)),
      kindRow('all', summary.bad),
    ]),
    ...summary.falseGreenImages.slice(0, 20).map((image) => `  FALSE GREEN ${image}`),
    'Reasons of clean cups:',
    ...table(histogram(summary.reasons.clean)),
    'Reasons of bad cups:',
    ...table(histogram(summary.reasons.bad)),
    'Milliseconds:',
    ...table([
      ['stage', 'p50', 'p95'],
      ...Object.entries(summary.ms).map(([stage, { p50, p95 }]) => [stage, p50.toFixed(1), p95.toFixed(1)]),
    ]),
    ...detectorLines(summary.detector),
  ];
  if (summary.diameter !== null) {
    const { items, medianError, p95Error, bias } = summary.diameter;
    lines.push(
      `Diameter of ${String(items)} items: error ${medianError.toFixed(2)} % (median), ${p95Error.toFixed(2)} % (p95), bias ${bias.toFixed(2)} %`,
    );
  }
  return lines.join('\n');
}

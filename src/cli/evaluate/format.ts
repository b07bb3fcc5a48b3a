import { counted, hanging, indented, table } from '../layout.js';
import type { DetectorEvaluation, Evaluation, Measured } from './evaluate.js';
import type { DetectorSummary, KindSummary, Share, Summary } from './summary.js';

const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
const shareOf = ({ part, of }: Share) => `${of === 0 ? 'none' : percent(part / of)} (${String(part)} of ${String(of)})`;

const tableLines = (rows: readonly (readonly string[])[]): string[] => table(rows).map((line) => `  ${line}`);

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

const detectorLines = ({ recall, precision }: DetectorSummary) =>
  hanging(`Detector at IoU ≥ 0.5: recall ${shareOf(recall)}, precision ${shareOf(precision)}`);

/** Where the milliseconds come from: those of processes that share the cores must not be read as a station's. */
function measuredText({ jobs, resumed }: Measured): string {
  const how = jobs === 1 ? '1 job, one thread' : `${jobs} jobs side by side, one thread each, not as at a station`;
  return `Milliseconds (${how}${resumed === 0 ? '' : `; ${counted(resumed, 'cup')} by an earlier run`}):`;
}

export const formatDetector = (summary: DetectorEvaluation): string[] => [
  counted(summary.pictures, 'picture'),
  ...detectorLines(summary),
];

/** The summary for people; the numbers say what they are counted in. */
export function formatEvaluation(evaluation: Evaluation): string[] {
  const { judges } = evaluation;
  if (judges.length === 0) return formatSummary(evaluation, measuredText(evaluation));
  return [
    counted(evaluation.cups, 'cup'),
    ...hanging(
      'By judge: clean cups that turned green; false greens; bound for one impostor (by distinct coins); clean cups over every false green (chosen afterwards); milliseconds for judging (median)',
    ),
    ...tableLines([
      ['judge', 'green', 'false greens', 'bound', 'over them', 'ms'],
      ...judges.map((summary) => [
        summary.judge,
        percentOf(summary.coverage),
        String(summary.bad.falseGreens),
        percent(summary.badByKind['one_impostor']?.bound ?? 1),
        percentOf(summary.overEveryFalseGreen.coverage),
        (summary.ms['judge']?.p50 ?? 0).toFixed(1),
      ]),
    ]),
    ...hanging(measuredText(evaluation)),
  ];
}

const percentOf = ({ part, of }: Share) => (of === 0 ? 'none' : percent(part / of));

function formatSummary(summary: Summary, measured: string): string[] {
  const lines = [
    counted(summary.cups, 'cup'),
    `Coverage: clean cups that turned green: ${shareOf(summary.coverage)}`,
    ...tableLines(Object.entries(summary.coverageBySet).map(([set, share]) => [set, shareOf(share)])),
    ...hanging(
      `False greens: ${String(summary.bad.falseGreens)}. Bounds of P(green | bad cup) at ${percent(summary.confidence)}, counted in distinct coins that did not belong, those of a cup full of them as one (cups where no coin is to blame):`,
    ),
    ...tableLines([
      ['kind', 'cups', 'false greens', 'coins', 'failed', 'bound'],
      ...Object.entries(summary.badByKind).map(([kind, value]) => kindRow(kind, value)),
      kindRow('all', summary.bad),
    ]),
    ...summary.falseGreenImages.slice(0, 20).flatMap((image) => indented(`FALSE GREEN ${image}`, 2)),
    'Reasons of clean cups:',
    ...tableLines(histogram(summary.reasons.clean)),
    'Reasons of bad cups:',
    ...tableLines(histogram(summary.reasons.bad)),
    ...hanging(measured),
    ...tableLines([
      ['stage', 'p50', 'p95'],
      ...Object.entries(summary.ms).map(([stage, { p50, p95 }]) => [stage, p50.toFixed(1), p95.toFixed(1)]),
    ]),
    ...detectorLines(summary.detector),
  ];
  if (summary.diameter !== null) {
    const { items, medianError, p95Error, bias } = summary.diameter;
    lines.push(
      ...hanging(
        `Diameter of ${String(items)} items: error ${medianError.toFixed(2)} % (median), ${p95Error.toFixed(2)} % (p95), bias ${bias.toFixed(2)} %`,
      ),
    );
  }
  return lines;
}

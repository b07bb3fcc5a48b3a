import type { EvaluatedRun } from '../evaluate.js';
import { html, type Markup } from './markup.js';

/** What a report says of itself, beside what was judged. */
export interface Provenance {
  readonly folder: string;
  /** Version of the program, with its commit where it runs from a checkout. */
  readonly program: string;
  /** As it was given; `null` = not said. */
  readonly date: string | null;
}

const rulesText = ({ rules }: EvaluatedRun): string =>
  [
    rules.threshold === null ? 'at the calibrated thresholds' : `with the threshold ${rules.threshold} in their place`,
    `shared sides ${rules.sharedSides}`,
    ...(rules.overrideNotCovered ? ['designs that are not covered too'] : []),
    ...(rules.acceptUnread ? ['years and mint marks that the bundle does not read do not matter'] : []),
    ...(rules.knownDesigns === null ? [] : [`as if ${rules.knownDesigns} designs were known`]),
    ...(rules.ignoreReference ? ['without the empty cups'] : []),
    ...(rules.ignoreScale ? ['without the scale'] : []),
  ].join(', ');

function kindsText({ cups }: EvaluatedRun): string {
  const counts = new Map<string, number>();
  for (const { kind } of cups) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kinds = [...counts].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${count} ${kind}`);
  return `${cups.length}: ${kinds.join(', ')}`;
}

const distinct = <T>(values: readonly (T | null)[]) => [...new Set(values.filter((value) => value !== null))];

export function headSection(run: EvaluatedRun, { folder, program, date }: Provenance): Markup {
  const { manifest, sha256 } = run.bundle;
  const seeds = distinct(run.cups.map(({ seed }) => seed));
  const sources = distinct(run.cups.map(({ source }) => source));
  const rows: [string, string][] = [
    ['bundle', `${manifest.name} ${manifest.version}, sha256 ${sha256}`],
    ['program', program],
    ['folder', folder],
    ['cups', kindsText(run)],
    ...(sources.length === 0 ? [] : [['items from', sources.join(', ')] as [string, string]]),
    ...(seeds.length === 0 ? [] : [['seeds', seeds.join(', ')] as [string, string]]),
    ['judged', rulesText(run)],
    [
      'jobs',
      `${run.jobs} side by side, one thread each${run.resumed === 0 ? '' : `; ${run.resumed} cups by an earlier run`}`,
    ],
    ...(date === null ? [] : [['date', date] as [string, string]]),
  ];
  return html`<h1>Evaluation of ${manifest.name} ${manifest.version}</h1>
<dl>${rows.map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>`)}</dl>`;
}

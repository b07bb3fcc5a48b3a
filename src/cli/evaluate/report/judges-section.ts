import type { JudgeRun } from './judge-run.js';
import { html, type Markup } from './markup.js';
import { percent, shareText } from './numbers.js';
import { badKinds } from './slices.js';

/** Marks what flatters. */
export const afterwardsSign = ({ operating }: JudgeRun): string => (operating === 'afterwards' ? ' *' : '');

const row = (run: JudgeRun): Markup => {
  const { atWork, summary, name } = run;
  const { part, of } = atWork.coverage;
  const falseGreens = atWork.bad.falseGreens;
  return html`<tr><td>${name}${afterwardsSign(run)}</td><td>${shareText(atWork.coverage)}</td><td>${part} of ${of}</td><td class="${falseGreens > 0 ? 'bad' : ''}">${falseGreens}</td><td>${atWork.bad.failedCoins} of ${atWork.bad.coins}</td><td>${percent(atWork.bad.bound)}</td><td>${percent(atWork.badByKind['one_impostor']?.bound ?? 1)}</td><td>${shareText(summary.overEveryFalseGreen.coverage)}</td><td>${(summary.ms['judge']?.p50 ?? 0).toFixed(1)}</td><td>${(summary.ms['judge']?.p95 ?? 0).toFixed(1)}</td></tr>`;
};

const allBad = 'all bad cups';

const byKind = (runs: readonly JudgeRun[]): Markup => {
  const kinds = [...badKinds(runs[0]?.cups ?? []), allBad];
  const cell = ({ atWork }: JudgeRun, kind: string): Markup => {
    const found = kind === allBad ? atWork.bad : atWork.badByKind[kind];
    if (found === undefined) return html`<td>–</td>`;
    return html`<td class="${found.falseGreens > 0 ? 'bad' : ''}">${found.falseGreens} of ${found.cups}<br><span class="faint">≤ ${percent(found.bound)}</span></td>`;
  };
  return html`<div class="scroll"><table><thead><tr><th>judge</th>${kinds.map((kind) => html`<th>${kind}</th>`)}</tr></thead>
<tbody>${runs.map((run) => html`<tr><td>${run.name}${afterwardsSign(run)}</td>${kinds.map((kind) => cell(run, kind))}</tr>`)}</tbody></table></div>`;
};

/** The judges beside each other. */
export function judgesSection(runs: readonly JudgeRun[]): Markup {
  const flattering = runs.some(({ operating }) => operating === 'afterwards');
  const note = flattering
    ? html`<p class="note">* No threshold is calibrated for this judge: what stands here begins just over its worst false green of this very run, which flatters. It is no claim.</p>`
    : html``;
  return html`<h2>Judges</h2>
<p>Each judged the same cups; what is counted are greens at the thresholds that the bundle has for it. Bounds are of P(green | bad cup) at 95 %, one-sided, exact, counted in trials: cups no two of which share a coin that did not belong. The column “over every false green” is chosen afterwards, so it flatters.</p>
<div class="scroll"><table><thead><tr><th>judge</th><th>clean cups green</th><th>cups</th><th>false greens</th><th>trials that failed</th><th>bound, all bad cups</th><th>bound, one impostor</th><th>clean cups over every false green</th><th>ms for judging (median)</th><th>ms (p95)</th></tr></thead>
<tbody>${runs.map(row)}</tbody></table></div>
${note}
<h3>False greens by kind of badness, with their bound</h3>
${byKind(runs)}`;
}

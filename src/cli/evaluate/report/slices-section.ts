import type { JudgeRun } from './judge-run.js';
import { afterwardsSign } from './judges-section.js';
import { html, type Markup } from './markup.js';
import { shareText } from './numbers.js';
import { coverageOf, slicesOf } from './slices.js';

const heads = (runs: readonly JudgeRun[]): Markup[] =>
  runs.map((run) => html`<th>${run.name}${afterwardsSign(run)}</th>`);

/** Coverage by what clean cups have in common. */
export function slicesSection(runs: readonly JudgeRun[]): Markup {
  const clean = (run: JudgeRun) => run.operated.filter(({ greenAllowed }) => greenAllowed);
  const of = runs[0] === undefined ? [] : clean(runs[0]);
  let group = '';
  const rows = slicesOf(of).flatMap((slice) => {
    const cells = runs.map((run) => html`<td>${shareText(coverageOf(clean(run).filter(slice.holds)))}</td>`);
    const title =
      slice.group === group ? [] : [html`<tr class="group"><td colspan="${runs.length + 2}">${slice.group}</td></tr>`];
    group = slice.group;
    return [...title, html`<tr><td>${slice.name}</td><td>${of.filter(slice.holds).length}</td>${cells}</tr>`];
  });
  return html`<h2>Slices</h2>
<p>Clean cups that turned green, by what they have in common.</p>
<div class="scroll"><table><thead><tr><th>clean cups</th><th>cups</th>${heads(runs)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Why cups are amber. A cup may have several reasons. */
export function reasonsSection(runs: readonly JudgeRun[]): Markup {
  const reasons = new Map<string, number>();
  for (const { atWork } of runs)
    for (const [reason, count] of [...Object.entries(atWork.reasons.clean), ...Object.entries(atWork.reasons.bad)])
      reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  const names = [...reasons].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const table = (
    of: 'clean' | 'bad',
  ) => html`<div class="scroll"><table><thead><tr><th>${of} cups</th>${heads(runs)}</tr></thead>
<tbody>${names.map((name) => html`<tr><td>${name}</td>${runs.map(({ atWork }) => html`<td>${atWork.reasons[of][name] ?? '·'}</td>`)}</tr>`)}</tbody></table></div>`;
  return html`<h2>Reasons of ambers</h2>
<p>A cup can have several. One that was green in the run and not at the calibrated threshold counts as low_margin.</p>
${table('clean')}
${table('bad')}`;
}

/** Designs whose clean cups are amber most often. */
export function designsSection({ name, operated }: JudgeRun): Markup {
  const clean = operated.filter(({ greenAllowed, truthDesign }) => greenAllowed && truthDesign !== null);
  const designs = [...new Set(clean.map(({ truthDesign }) => truthDesign ?? ''))].map((design) => {
    const own = clean.filter(({ truthDesign }) => truthDesign === design);
    return { design, ambers: own.filter(({ verdict }) => verdict === 'amber').length, share: coverageOf(own) };
  });
  const worst = designs
    .filter(({ ambers }) => ambers > 0)
    .sort((a, b) => b.ambers - a.ambers || a.design.localeCompare(b.design));
  if (worst.length === 0) return html``;
  return html`<h2>Designs that are amber most often, by ${name}</h2>
<div class="scroll"><table><thead><tr><th>design</th><th>clean cups</th><th>amber</th><th>green</th></tr></thead>
<tbody>${worst.slice(0, 20).map(({ design, ambers, share }) => html`<tr><td>${design}</td><td>${share.of}</td><td>${ambers}</td><td>${shareText(share)}</td></tr>`)}</tbody></table></div>`;
}

const stages = ['decode', 'quality', 'detect', 'crop', 'infer'];

/** What the detector and the measuring of sizes are worth, and what they take: the same for every judge. */
export function seenSection({ summary: { detector, diameter, ms } }: JudgeRun): Markup {
  const times = stages.map((stage) => html`<td>${(ms[stage]?.p50 ?? 0).toFixed(1)}</td>`);
  const size =
    diameter === null
      ? html`<p>No diameter could be compared.</p>`
      : html`<p>Diameter of ${diameter.items} items: error ${diameter.medianError.toFixed(2)} % (median), ${diameter.p95Error.toFixed(2)} % (p95), bias ${diameter.bias.toFixed(2)} %.</p>`;
  return html`<h2>Detector, sizes and times</h2>
<p>At IoU ≥ 0.5: recall ${shareText(detector.recall)} (${detector.recall.part} of ${detector.recall.of} items of which at least half can be seen), precision ${shareText(detector.precision)} (${detector.precision.part} of ${detector.precision.of}).</p>
${size}
<p>Milliseconds (median) before any judge:</p>
<table><thead><tr>${stages.map((stage) => html`<th>${stage}</th>`)}</tr></thead><tbody><tr>${times}</tr></tbody></table>
<p class="note">Measured with the jobs named at the top side by side: they are not a station’s.</p>`;
}

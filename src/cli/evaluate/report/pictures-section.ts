import { counted } from '../../layout.js';
import type { EvaluatedRun } from '../evaluate.js';
import { isFalseGreen } from '../summary.js';
import type { TruthCup } from '../truth.js';
import { confusions, exampleFinder } from './confusions.js';
import { cutOut, smallPicture } from './cut-out.js';
import type { JudgeRun } from './judge-run.js';
import { html, type Markup } from './markup.js';

/** Pairs of designs, and false greens, that are shown: a page is one file. */
const mostPairs = 18;
const mostFalseGreens = 60;
const cutOutPx = 220;
const cupPx = 480;

const sided = (design: string, side: string | null): string => (side === null ? design : `${design}, ${side}`);

/** What was taken for what, each beside an example of what it was taken for. @throws PICTURE_CORRUPT */
export async function confusionsSection(run: EvaluatedRun, { name, cups }: JudgeRun, folder: string): Promise<Markup> {
  const exampleOf = exampleFinder(run.cups);
  const figures: Markup[] = [];
  // One after the other: the pictures of the cups are large.
  for (const { is, isSide, takenFor, takenSide, items, coins, seen } of confusions(cups, mostPairs)) {
    const example = exampleOf(takenFor, takenSide);
    const item = await cutOut(folder, seen, cutOutPx);
    const other =
      example === null
        ? html`<div class="none">no example in this folder</div>`
        : html`<img src="${await cutOut(folder, example, cutOutPx)}" width="${cutOutPx}" height="${cutOutPx}" alt="${takenFor}">`;
    figures.push(html`<figure><div class="pair"><img src="${item}" width="${cutOutPx}" height="${cutOutPx}" alt="${is}">${other}</div>
<figcaption><b>${sided(is, isSide)}</b> taken for <b>${sided(takenFor, takenSide)}</b>: ${counted(coins, 'distinct item')}, seen ${counted(items, 'time')}; here from ${seen.image}</figcaption></figure>`);
  }
  if (figures.length === 0) return html`<h2>Confused designs</h2><p>No item was taken for another design.</p>`;
  return html`<h2>Confused designs, by ${name}</h2>
<p>The pairs that were confused most, by distinct coins: on the left the item as it lay in the cup, on the right an example of what it was taken for. An item can be taken for another design in a cup that is rightly amber.</p>
<div class="pictures">${figures}</div>`;
}

interface FalseGreen {
  readonly cup: TruthCup;
  readonly judges: readonly string[];
}

function falseGreens(cups: readonly TruthCup[], runs: readonly JudgeRun[]): FalseGreen[] {
  // Above its worst false green a judge has none.
  const calibrated = runs.filter(({ operating }) => operating === 'calibrated');
  return cups
    .flatMap((cup, index) => {
      const judges = calibrated.flatMap(({ name, operated }) => {
        const outcome = operated[index];
        return outcome !== undefined && isFalseGreen(outcome) ? [name] : [];
      });
      return judges.length === 0 ? [] : [{ cup, judges }];
    })
    .sort((a, b) => b.judges.length - a.judges.length);
}

/** Every cup that turned green and must not have. @throws PICTURE_CORRUPT */
export async function falseGreensSection(
  { cups }: EvaluatedRun,
  runs: readonly JudgeRun[],
  folder: string,
): Promise<Markup> {
  const all = falseGreens(cups, runs);
  const [first] = runs;
  const own = all.filter(({ judges }) => judges.includes(first?.name ?? ''));
  const shown = [...own, ...all.filter((one) => !own.includes(one))].slice(0, mostFalseGreens);
  if (shown.length === 0)
    return html`<h2>False greens</h2><p>No judge with calibrated thresholds turned a bad cup green at them.</p>`;
  const figures: Markup[] = [];
  for (const { cup, judges } of shown) {
    const { uri, width, height } = await smallPicture(folder, cup.image, cupPx);
    const wrong = cup.items.filter(({ design }) => design !== cup.expect);
    const boxes = wrong.map(({ box: [x, y, w, h] }) => html`<rect x="${x}" y="${y}" width="${w}" height="${h}"/>`);
    const strangers = [...new Set(wrong.map(({ coin, design }) => coin ?? design ?? 'unknown'))].join(', ');
    figures.push(html`<figure><svg class="cup" viewBox="0 0 ${width} ${height}" role="img" aria-label="${cup.image}"><image href="${uri}" width="${width}" height="${height}"/>${boxes}</svg>
<figcaption><b>${cup.image}</b>, ${cup.kind}: ordered ${cup.expect ?? 'nothing'}${strangers === '' ? '' : `, holds ${strangers}`}; green by ${judges.join(', ')}</figcaption></figure>`);
  }
  const more =
    all.length > shown.length
      ? html`<p class="note">${all.length - shown.length} more are not shown; <code>--cups-out</code> names them.</p>`
      : html``;
  return html`<h2>False greens</h2>
<p>Cups that turned green at calibrated thresholds and must not have; what did not belong is framed.</p>
<div class="pictures">${figures}</div>
${more}`;
}

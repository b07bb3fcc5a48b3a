import { counted, hanging, indented, padded, textColumns, wrap } from '../layout.js';
import { paint, type Terminal } from '../terminal.js';
import type { ItemPair } from './difference.js';
import type { AgainCup, Obstacle } from './judge-again.js';
import type { JudgedCup, JudgedItem } from './judged-cup.js';
import { isFalseGreen, type ReplaySummary } from './summary.js';

type Compared = Extract<AgainCup, { kind: 'judged' }>;

const scoreText = (score: number | null) => (score === null ? '-' : score.toFixed(3));
const notJudgedLines = ({ why }: Exclude<AgainCup, Compared>): string[] => hanging(`not judged again: ${why}`);

/** Widths of the columns; what changed comes last and takes the rest. */
const columns = { cup: 6, verdict: 13, score: 16 } as const;

export const changesHeading = (): string =>
  `${'cup'.padStart(columns.cup)}  ${padded('verdict', columns.verdict)}  ${'score'.padStart(columns.score)}  changes`;

/** More of them are counted. */
const itemsNamed = 3;
const itemName = (index: number) => `item ${index + 1}`;

function changesText({ difference, cup, now }: Compared): string {
  const { reasonsCome, reasonsGone, design, itemsChanged } = difference;
  const parts = [
    ...(isFalseGreen(cup, now) ? ['FALSE GREEN'] : []),
    ...(cup.truth === 'ok' && now.verdict === 'amber' ? ['is right'] : []),
    ...reasonsCome.map((reason) => `+${reason}`),
    ...reasonsGone.map((reason) => `-${reason}`),
    ...(design ? ['design'] : []),
    ...(itemsChanged.length > itemsNamed ? [counted(itemsChanged.length, 'item')] : itemsChanged.map(itemName)),
  ];
  return parts.length === 0 ? 'none' : parts.join(', ');
}

/** A cup on one line; many changes go on below. */
export function changeLines(again: AgainCup, terminal: Terminal): string[] {
  if (again.kind !== 'judged') return notJudgedLines(again);
  const { before, now, cup } = again;
  const change = before.verdict === now.verdict ? now.verdict : `${before.verdict} → ${now.verdict}`;
  const verdict = paint(terminal, now.verdict, padded(change, columns.verdict));
  const scores = `${scoreText(before.score)} → ${scoreText(now.score)}`.padStart(columns.score);
  const indent = columns.cup + columns.verdict + columns.score + 6;
  const [first = '', ...more] = indented(changesText(again), indent);
  return [`${String(cup.seq ?? '-').padStart(columns.cup)}  ${verdict}  ${scores}  ${first.trimStart()}`, ...more];
}

const labelColumns = 11;

const itemText = (item: JudgedItem | null): string => {
  if (item === null) return 'not seen';
  const sure = item.compatible ? '' : ', doubted';
  return `${item.design ?? 'unknown'} ${scoreText(item.score)}${sure}`;
};

const reasonsText = ({ reasons }: JudgedCup): string =>
  reasons.length === 0 ? '-' : [...new Set(reasons.map(({ reason }) => reason))].join(', ');

/** A label with two texts beside each other; a star where they differ. */
function row(label: string, before: string, now: string, differs: boolean): string[] {
  const room = Math.floor((textColumns() - labelColumns - 2) / 2);
  const cell = (text: string): string[] =>
    wrap(text, textColumns() - room).map((line) => (line.length > room ? `${line.slice(0, room - 1)}…` : line));
  const [left, right] = [cell(before), cell(now)];
  return Array.from({ length: Math.max(left.length, right.length) }, (_, at) => {
    const head = at === 0 ? `${differs ? '*' : ' '} ${label}` : '';
    return `${padded(head, labelColumns)}${padded(left[at] ?? '', room)}  ${right[at] ?? ''}`.trimEnd();
  });
}

const itemRow = (changed: readonly number[]) => (pair: ItemPair, index: number) =>
  row(itemName(index), itemText(pair.before), itemText(pair.now), changed.includes(index));

/** A cup whole, both judgements beside each other. @param heads what the two are called */
export function cupLines(again: AgainCup, heads: readonly [string, string]): string[] {
  if (again.kind !== 'judged') return notJudgedLines(again);
  const { cup, before, now, difference } = again;
  const { order, seq, utc } = cup;
  const ordered = order === null ? 'no order' : `${order.count ?? 'any'} × ${order.design} ordered`;
  const score = ({ score, threshold }: JudgedCup) =>
    `${scoreText(score)}${threshold === null ? '' : ` of ${scoreText(threshold)}`}`;
  const reasonsDiffer = difference.reasonsGone.length + difference.reasonsCome.length > 0;
  return [
    ...hanging(`cup ${seq ?? cup.id}, ${utc?.slice(0, 19) ?? '-'}Z, ${ordered}`),
    ...row('', heads[0], heads[1], false),
    ...row('verdict', before.verdict, now.verdict, difference.verdict),
    ...row('reasons', reasonsText(before), reasonsText(now), reasonsDiffer),
    ...row('design', before.design ?? '-', now.design ?? '-', difference.design),
    ...row('score', score(before), score(now), false),
    ...difference.items.flatMap(itemRow(difference.itemsChanged)),
    '',
  ];
}

const obstacleWords: Readonly<Record<Obstacle, string>> = {
  not_kept: 'no picture kept',
  gone: 'picture gone',
  altered: 'picture altered',
  other_calibration: 'another calibration',
  unreadable: 'cannot be judged',
};

const scoresText = (most: number): string =>
  most === 0 ? ' Every score is the same.' : ` Scores differ by at most ${most.toFixed(3)}.`;

const falseGreensText = ({ before, now }: ReplaySummary['falseGreens']): string =>
  before === 0 && now === 0 ? '' : ` False greens: ${before} → ${now}.`;

/** @param thing what was judged, in the singular */
export function summaryLines(summary: ReplaySummary, thing = 'cup'): string[] {
  const { cups, judged, changed, verdictsChanged, greenToAmber, amberToGreen, largestScoreChange, notJudged } = summary;
  const kinds = (Object.keys(obstacleWords) as Obstacle[]).filter((kind) => notJudged[kind] > 0);
  const missing =
    kinds.length === 0
      ? ''
      : `, ${cups - judged} not (${kinds.map((kind) => `${notJudged[kind]} ${obstacleWords[kind]}`).join(', ')})`;
  const scores = largestScoreChange === null ? '' : scoresText(largestScoreChange);
  return hanging(
    `${counted(judged, thing)} judged again${missing}. ${changed} changed, ${verdictsChanged} in the verdict: ${greenToAmber} green → amber, ${amberToGreen} amber → green.${scores}${falseGreensText(summary.falseGreens)}`,
  );
}

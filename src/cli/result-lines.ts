import type { Result } from '../daemon/result.js';
import { fields, indented, ms } from './layout.js';
import { paint, type Terminal } from './terminal.js';

/** One cup for a person: its verdict, and why. */
export function resultLines(result: Result, terminal: Terminal): string[] {
  const { verdict, order, count, bundle } = result;
  const expected = count.expected === null ? '' : ` of ${count.expected}`;
  const heading = `${paint(terminal, verdict, verdict.toUpperCase())}  cup ${result.seq}  ${ms(result.ms.total)}`;
  return [
    heading,
    ...result.reasons.flatMap(({ reason, detail }) => indented(`${reason}: ${detail}`, 2)),
    ...fields([
      ['  design', result.design ?? '-'],
      ['  order', order === null ? '-' : `${order.id}, cup ${order.cup_no}, ${order.count} a cup`],
      ['  items', count.seen === null ? '-' : `${count.seen}${expected}`],
      ['  score', scoreText(result)],
      ['  light', result.shown.light],
      ['  model', bundle === null ? '-' : `${bundle.name} ${bundle.version} on ${result.provider ?? '-'}`],
      ...(result.warnings.length === 0 ? [] : [['  warnings', result.warnings.join(', ')] as const]),
    ]),
  ];
}

function scoreText({ score, threshold, evidence }: Result): string {
  if (score === null) return '-';
  const against = threshold === null ? 'no threshold' : `threshold ${threshold.toFixed(3)}`;
  const bound = evidence === null ? '' : `, P(green | bad cup) ≤ ${evidence.bound} at ${evidence.confidence * 100} %`;
  return `${score.toFixed(3)}, ${against}${bound}`;
}

/** One cup on one line; many reasons go on below. */
export function resultLine(result: Result, terminal: Terminal): string[] {
  const { verdict } = result;
  const why = verdict === 'green' ? (result.design ?? '') : result.reasons.map(({ reason }) => reason).join(', ');
  const when = `${String(result.seq).padStart(6)}  ${result.time.utc.slice(0, 19)}Z`;
  const took = ms(result.ms.total).padStart(7);
  const indent = when.length + took.length + 11;
  const [first = '', ...more] = indented(why, indent);
  return [`${when}  ${paint(terminal, verdict, verdict.padEnd(5))}  ${took}  ${first.trimStart()}`, ...more];
}

import { indented, minuteOf, printable, table } from '../layout.js';
import type { LookedOver } from './look-over.js';

const longestDesign = 28;

const shortened = (text: string, columns: number) => (text.length > columns ? `${text.slice(0, columns - 1)}…` : text);

/** A row a picture, within 80 columns; below it what is wrong, and its note. */
export function goldenLines(listed: readonly LookedOver[]): string[] {
  const rows = listed.map(({ cup, record }) => {
    if (record === null) return [cup, '', '', '', ''];
    const { seq, truth, expected, recorded, at } = record;
    const count = expected.count === null ? '' : `${expected.count} `;
    return [
      String(seq),
      truth,
      `${count}${shortened(expected.design ?? 'any', longestDesign)}`,
      `was ${recorded.verdict}`,
      minuteOf(at),
    ];
  });
  const lines = table(rows);
  return listed.flatMap(({ record, problem }, index) => [
    (lines[index] ?? '').trimEnd(),
    ...(record === null || record.note === null ? [] : indented(printable(record.note), 4)),
    ...(problem === null ? [] : indented(`damaged: ${problem}`, 4)),
  ]);
}

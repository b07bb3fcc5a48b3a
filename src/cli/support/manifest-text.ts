import { hanging, table } from '../layout.js';
import type { LeftOut, Part } from './part.js';

/** MANIFEST.txt: what is in a support bundle, and what is not. */
export function manifestText(
  head: { readonly station: string; readonly at: Date; readonly stationAnswers: boolean },
  parts: readonly Part[],
  leftOut: readonly LeftOut[],
): string {
  const { station, at, stationAnswers } = head;
  return [
    `Support bundle of ${station}, ${at.toISOString()}`,
    `The station ${stationAnswers ? 'answered' : 'did not answer: what it would say of itself is missing'}.`,
    '',
    'What is in it (bytes, and the most that there may be):',
    '',
    ...table([
      ['file', 'bytes', 'limit'],
      ...parts.map(({ name, bytes, limitBytes }) => [name, String(bytes.length), String(limitBytes)]),
    ]),
    '',
    ...parts.flatMap(({ name, what }) => hanging(`${name}: ${what}`)),
    '',
    'What was left out, and why:',
    '',
    ...leftOut.flatMap(({ what, why }) => hanging(`${what}: ${why}`)),
    '',
  ].join('\n');
}

import type { Result } from '../../daemon/result.js';
import { ms } from '../layout.js';
import { paint, type Terminal } from '../terminal.js';
import type { DemoCup } from './demo-cups.js';

/** What the demo says of one cup. */
export interface DemoOutcome {
  readonly cup: DemoCup;
  readonly result: Result;
  readonly asExpected: boolean;
}

/** Whether the station said what an honest station says: the verdict, and the right reason among those given. */
export function isAsExpected(cup: DemoCup, result: Result): boolean {
  const { verdict, reason } = cup.expected;
  if (result.verdict !== verdict || result.shown.light !== verdict) return false;
  return reason === null || result.reasons.some((given) => given.reason === reason);
}

/** Three or four lines a cup: the light, what was ordered, why, and the milliseconds. */
export function cupLines({ cup, result, asExpected }: DemoOutcome, terminal: Terminal): string[] {
  const light = paint(terminal, result.verdict, result.verdict === 'green' ? '● GREEN' : '● AMBER');
  const said =
    result.verdict === 'green'
      ? `${result.design}, score ${result.score?.toFixed(2)} over ${result.threshold?.toFixed(2)}`
      : [...new Set(result.reasons.map(({ reason }) => reason))].join(', ');
  const detail = result.reasons[0]?.detail;
  return [
    `${light}  ${cup.image.replace(/\.jpg$/, '')}: ${cup.kind}`,
    `         ordered ${cup.order.count} × ${cup.order.design}; ${said}`,
    ...(detail === undefined ? [] : [`         ${detail}`]),
    `         ${stages(result)}`,
    ...(asExpected ? [] : [paint(terminal, 'red', `         NOT AS EXPECTED: ${expectation(cup)}`)]),
  ];
}

function expectation({ expected }: DemoCup): string {
  return expected.reason === null ? expected.verdict : `${expected.verdict}, ${expected.reason}`;
}

/** "settle 150 · frame 140 · … = 420 ms". */
function stages(result: Result): string {
  const { total, ...each } = result.ms;
  const parts = Object.entries(each).map(([stage, value]) => `${stage} ${value === null ? '-' : Math.round(value)}`);
  return `${parts.join(' · ')} = ${ms(total)}`;
}

export function summaryLines(outcomes: readonly DemoOutcome[], sheet: string, terminal: Terminal): string[] {
  const count = (wanted: (outcome: DemoOutcome) => boolean): number => outcomes.filter(wanted).length;
  const greens = count(({ result }) => result.verdict === 'green');
  const falseGreens = count(({ cup, result }) => result.verdict === 'green' && cup.expected.verdict === 'amber');
  const wrong = outcomes.length - count(({ asExpected }) => asExpected);
  const verdict =
    wrong === 0 ? paint(terminal, 'green', 'all as expected') : paint(terminal, 'red', `${wrong} NOT as expected`);
  return [
    '',
    `${outcomes.length} cups: ${greens} green, ${outcomes.length - greens} amber, ${falseGreens} false greens; ${verdict}`,
    `contact sheet: ${sheet}`,
  ];
}

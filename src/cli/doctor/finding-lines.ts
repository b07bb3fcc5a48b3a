import type { Finding } from '../../daemon/control/station-verbs.js';
import { counted, indented, padded, wrap } from '../layout.js';
import { paint, type Terminal } from '../terminal.js';

const colours = { ok: 'green', warn: 'amber', fail: 'red' } as const;

const countOf = (findings: readonly Finding[], state: Finding['state']) =>
  findings.filter((finding) => finding.state === state).length;

function findingLines({ check, state, detail, help }: Finding, terminal: Terminal): string[] {
  const indent = 22;
  const [first = '', ...more] = wrap(detail, indent);
  return [
    `${paint(terminal, colours[state], state.padEnd(4))}  ${padded(check, indent - 7)} ${first}`,
    ...more.map((line) => `${' '.repeat(indent)}${line}`),
    ...(help === null ? [] : indented(help, indent)),
  ];
}

/** What `doctor` found, and how many checks failed. */
export function findingsLines(findings: readonly Finding[], terminal: Terminal): string[] {
  const [failed, warned] = [countOf(findings, 'fail'), countOf(findings, 'warn')];
  return [
    ...findings.flatMap((finding) => findingLines(finding, terminal)),
    `${failed === 0 ? 'No check' : counted(failed, 'check')} failed${warned === 0 ? '' : `, ${counted(warned, 'warning')}`}.`,
  ];
}

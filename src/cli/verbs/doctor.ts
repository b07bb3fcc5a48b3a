import type { Command } from 'commander';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { type Cli, examples } from '../cli.js';
import { amber, done } from '../exit-codes.js';
import { counted, indented, padded, wrap } from '../layout.js';
import { paint, type Terminal } from '../terminal.js';

const colours = { ok: 'green', warn: 'amber', fail: 'red' } as const;

export function registerDoctor(program: Command, cli: Cli): void {
  const command = program
    .command('doctor')
    .description('look for what is wrong and say what to do; ends with 1 where a check fails')
    .action(
      cli.action(async () => {
        const loaded = await cli.loadConfig();
        const { examine } = await import('../doctor/examine.js');
        const findings = await examine(loaded);
        const [failed, warned] = [countOf(findings, 'fail'), countOf(findings, 'warn')];
        cli.print({ ok: failed === 0, findings }, () => [
          ...findings.flatMap((finding) => findingLines(finding, cli.terminal)),
          `${failed === 0 ? 'No check' : counted(failed, 'check')} failed${warned === 0 ? '' : `, ${counted(warned, 'warning')}`}.`,
        ]);
        return failed === 0 ? done : amber;
      }),
    );
  examples(command, ['cupcheck doctor', 'cupcheck doctor --json']);
}

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

import type { Command } from 'commander';
import { type Cli, examples } from '../cli.js';
import { amber, done } from '../exit-codes.js';

export function registerDoctor(program: Command, cli: Cli): void {
  const command = program
    .command('doctor')
    .description('look for what is wrong and say what to do; ends with 1 where a check fails')
    .action(
      cli.action(async () => {
        const loaded = await cli.loadConfig();
        const { examine } = await import('../doctor/examine.js');
        const { findingsLines } = await import('../doctor/finding-lines.js');
        const findings = await examine(loaded);
        const isWell = findings.every(({ state }) => state !== 'fail');
        cli.print({ ok: isWell, findings }, () => findingsLines(findings, cli.terminal));
        return isWell ? done : amber;
      }),
    );
  examples(command, ['cupcheck doctor', 'cupcheck doctor --json']);
}

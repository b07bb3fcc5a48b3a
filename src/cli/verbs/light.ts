import type { Command } from 'commander';
import { type Cli, examples } from '../cli.js';

/** The light process has its own unit; people have no use for it. */
export function registerLight(program: Command, cli: Cli): void {
  const command = program
    .command('light', { hidden: true })
    .description('run the process that owns the light (systemd does this)')
    .action(
      cli.action(async () => {
        const { runLight } = await import('../../daemon/light/main.js');
        return runLight({ configPath: cli.options.config, env: cli.env, set: cli.options.set });
      }),
    );
  examples(command, ['cupcheck light --config ./config.yaml']);
}

import type { Command } from 'commander';
import { type Cli, examples } from '../cli.js';

export function registerRun(program: Command, cli: Cli): void {
  const command = program
    .command('run')
    .description('run the station in the foreground (systemd does this)')
    .action(
      cli.action(async () => {
        const { runStation } = await import('../../daemon/main.js');
        return runStation({ configPath: cli.options.config, env: cli.env, set: cli.options.set });
      }),
    );
  examples(command, ['cupcheck run', 'cupcheck run --config ./config.yaml --set log.pretty=true']);
}

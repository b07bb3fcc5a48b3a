import type { Command } from 'commander';
import { type Cli, examples } from '../cli.js';

export function registerDemo(program: Command, cli: Cli): void {
  const command = program
    .command('demo')
    .description('judge the demo cups with a whole simulated station and a broker of its own')
    .option('--out <folder>', 'where the contact sheet goes (default: demo-out)')
    .action(
      cli.action(async ({ out }: { out?: string }) => {
        const { runDemo } = await import('../demo/run-demo.js');
        return runDemo({ out, json: cli.options.json });
      }),
    );
  examples(command, ['cupcheck demo', 'cupcheck demo --out /tmp/demo']);
}

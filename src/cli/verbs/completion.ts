import { Argument, type Command } from 'commander';
import { type Cli, examples } from '../cli.js';
import { done } from '../exit-codes.js';

export function registerCompletion(program: Command, cli: Cli): void {
  const command = program
    .command('completion')
    .description('print a script that lets the Tab key complete this command')
    .addArgument(new Argument('<shell>', 'whose').choices(['bash', 'zsh', 'fish']))
    .action(
      cli.action(async (shell: 'bash' | 'zsh' | 'fish') => {
        const { completionScript } = await import('../completion/script.js');
        const script = completionScript(program, shell);
        cli.print({ shell, script }, () => [script.trimEnd()]);
        return done;
      }),
    );
  examples(command, [
    'cupcheck completion bash > ~/.local/share/bash-completion/completions/cupcheck',
    'cupcheck completion zsh > "${fpath[1]}/_cupcheck"',
    'cupcheck completion fish > ~/.config/fish/completions/cupcheck.fish',
  ]);
}

import { Cli } from './cli.js';
import { completionScript } from './completion/script.js';
import { commandPage, configPage } from './man/pages.js';
import { buildProgram } from './program.js';

/** Files for /usr/share by their path in it, each where Debian's man and shells look for it. */
export function shareFiles(): Readonly<Record<string, string>> {
  const program = buildProgram(new Cli({ out: () => {}, err: () => {}, colour: false }, {}));
  return {
    'man/man1/cupcheck.1': commandPage(),
    'man/man5/cupcheck-config.5': configPage(),
    'bash-completion/completions/cupcheck': completionScript(program, 'bash'),
    'zsh/vendor-completions/_cupcheck': completionScript(program, 'zsh'),
    'fish/vendor_completions.d/cupcheck.fish': completionScript(program, 'fish'),
  };
}

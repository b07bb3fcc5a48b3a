import type { Command } from 'commander';
import { Cli } from '../cli.js';
import { buildProgram } from '../program.js';

/** A command with its full name, "cupcheck order set", and its help as a person sees it. */
export interface CommandHelp {
  readonly name: string;
  readonly help: string;
}

/**
 * Every command that people use, in the order of the help.
 * @param all the hidden ones too
 */
export function commandHelps(all: boolean): CommandHelp[] {
  const printed: string[] = [];
  const terminal = { out: (line: string) => void printed.push(line), err: () => {}, colour: false };
  const helps: CommandHelp[] = [];
  const visit = (command: Command, parents: string, hidden: boolean): void => {
    const name = `${parents}${command.name()}`;
    printed.length = 0;
    // The global options stand in the first help; repeated at each verb they would hide what differs.
    command.configureHelp({ helpWidth: 80, showGlobalOptions: false }).outputHelp();
    if (all || !hidden) helps.push({ name, help: printed.join('\n') });
    const shown = new Set(command.createHelp().visibleCommands(command));
    for (const child of command.commands) visit(child, `${name} `, hidden || !shown.has(child));
  };
  visit(buildProgram(new Cli(terminal, {})), '', false);
  return helps;
}

/** docs/cli.md, from the commands themselves. */
export function cliReference(): string {
  const chapters = commandHelps(false).map(({ name, help }) => `## ${name}\n\n\`\`\`text\n${help.trim()}\n\`\`\``);
  return `# Command line

Generated from the commands by \`npm run docs\`.

With \`--json\` every command prints JSON, one document a line, on its output; a failed one prints
\`{"error":{"code","message","help"}}\` (docs/errors.md lists the codes).

${chapters.join('\n\n')}
`;
}

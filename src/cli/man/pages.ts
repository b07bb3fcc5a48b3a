import type { Command, Option } from 'commander';
import { keyDocs } from '../../daemon/config/docs.js';
import { ownVersion } from '../../pipeline/bundle/own-version.js';
import { Cli, examplesOf } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { buildProgram } from '../program.js';
import { bold, example, flags, item, plain, title, value } from './roff.js';

/** cupcheck(1), from the commands that make the help. */
export function commandPage(): string {
  const program = buildProgram(new Cli({ out: () => {}, err: () => {}, colour: false }, {}));
  return `${[
    title('cupcheck', 1, ownVersion(), 'cupcheck'),
    '.SH NAME',
    'cupcheck \\- looks into a cup of items that should be the same',
    '.SH SYNOPSIS',
    `${bold('cupcheck')} [${value('options')}] ${value('command')}`,
    '.SH DESCRIPTION',
    plain(program.description()),
    '.SH OPTIONS',
    'They may be given with every command.',
    ...program.createHelp().visibleOptions(program).map(optionItem),
    '.SH COMMANDS',
    ...commands(program).flatMap(chapter),
    '.SH EXIT STATUS',
    ...Object.values(exitCodes).map(({ code, means }) => item(bold(String(code)), means)),
    '.SH ENVIRONMENT',
    item(bold('CUPCHECK_CONFIG'), 'The config, where --config is not given.'),
    item(bold('CUPCHECK_SECTION_KEY'), 'A key of the config; it counts before the file. See cupcheck-config(5).'),
    item(bold('NO_COLOR'), 'Set to anything: no colours.'),
    '.SH FILES',
    item(bold('/etc/cupcheck/config.yaml'), 'The config.'),
    '.SH EXAMPLES',
    example(examplesOf(program)),
    '.SH SEE ALSO',
    `${bold('cupcheck-config')}(5)`,
  ].join('\n')}\n`;
}

/** Every command that people use, in the order of the help, with its full name. */
function commands(parent: Command, before = 'cupcheck'): { readonly name: string; readonly command: Command }[] {
  return parent
    .createHelp()
    .visibleCommands(parent)
    .filter((command) => command.name() !== 'help')
    .flatMap((command) => {
      const name = `${before} ${command.name()}`;
      return [{ name, command }, ...commands(command, name)];
    });
}

function chapter({ name, command }: { readonly name: string; readonly command: Command }): string[] {
  const help = command.createHelp();
  const options = help.visibleOptions(command).filter(({ long }) => long !== '--help');
  return [
    `.SS ${plain(name)}${plain(
      command
        .usage()
        .replace('[options]', options.length === 0 ? '' : '[options]')
        .replace(/^(?=.)/, ' ')
        .trimEnd(),
    )}`,
    plain(command.description()),
    ...help
      .visibleArguments(command)
      .map((argument) => item(value(help.argumentTerm(argument)), help.argumentDescription(argument))),
    ...options.map(optionItem),
    '.PP',
    example(examplesOf(command)),
  ];
}

const optionItem = (option: Option) => item(flags(option.flags), optionText(option));

/** The description with its closed list and default, as the help words them. */
function optionText(option: Option): string {
  const more = [
    ...(option.argChoices === undefined ? [] : [`choices: ${option.argChoices.join(', ')}`]),
    ...(option.defaultValue === undefined || option.isBoolean() ? [] : [`default: ${String(option.defaultValue)}`]),
  ];
  return more.length === 0 ? option.description : `${option.description} (${more.join('; ')})`;
}

/** cupcheck-config(5), from the schema. */
export function configPage(): string {
  return `${[
    title('cupcheck-config', 5, ownVersion(), 'cupcheck'),
    '.SH NAME',
    'cupcheck\\-config \\- the config of a cupcheck station',
    '.SH DESCRIPTION',
    plain(
      'YAML, read once when the station starts: a change needs a restart. A key that is not there has its default. ' +
        'Each key has a variable in the environment, which counts before the file; --set KEY=VALUE counts before both. ' +
        'Secrets are never in the config: it names the files that hold them.',
    ),
    '.PP',
    plain('cupcheck config check names every problem; cupcheck config show tells where each value comes from.'),
    '.SH KEYS',
    ...keyDocs().flatMap(({ name, allowed, default: preset, env, doc }) => [
      item(bold(name), doc),
      '.br',
      plain(`Allowed: ${allowed}. Default: ${JSON.stringify(preset)}. ${env}`),
    ]),
    '.SH FILES',
    item(bold('/etc/cupcheck/config.yaml'), 'Where --config and CUPCHECK_CONFIG name no other.'),
    '.SH SEE ALSO',
    `${bold('cupcheck')}(1)`,
  ].join('\n')}\n`;
}

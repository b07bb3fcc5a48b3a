import type { Argument, Command, Option } from 'commander';
import { keys } from '../../daemon/config/keys.js';

/** What may stand where a value is wanted. */
export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Words that go on after a "=": no space follows them. */
  | { readonly kind: 'assignments'; readonly words: readonly string[] }
  | { readonly kind: 'file' | 'folder' | 'any' };

export interface OptionNode {
  /** "-n", "--lines"; at least one. */
  readonly flags: readonly string[];
  readonly about: string;
  /** `null` = it takes none. */
  readonly value: { readonly name: string; readonly values: Values } | null;
  readonly repeats: boolean;
}

export interface ArgumentNode {
  readonly name: string;
  readonly values: Values;
  readonly repeats: boolean;
}

/** A command that people use, as a completion script tells it. */
export interface CommandNode {
  readonly name: string;
  /** Names from the first verb on: ["order", "set"]; none for the program itself. */
  readonly path: readonly string[];
  readonly about: string;
  readonly options: readonly OptionNode[];
  readonly args: readonly ArgumentNode[];
  readonly children: readonly CommandNode[];
}

const files = /^(file|image|images|truth|picture)$/;
const folders = /^(dir|folder)$/;

function valuesOf(name: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return { kind: 'words', words: choices };
  if (name === 'key=value') return { kind: 'assignments', words: keys.map((key) => key.name) };
  if (files.test(name)) return { kind: 'file' };
  return { kind: folders.test(name) ? 'folder' : 'any' };
}

function optionNode(option: Option): OptionNode {
  const name = /[<[]([^>\]]+?)(?:\.\.\.)?[>\]]/.exec(option.flags)?.[1] ?? null;
  return {
    flags: [option.short, option.long].filter((flag): flag is string => flag !== undefined && flag !== null),
    about: option.description,
    value: name === null ? null : { name, values: valuesOf(name, option.argChoices) },
    repeats: option.parseArg !== undefined && option.defaultValue === undefined && name !== null,
  };
}

const argumentNode = (argument: Argument): ArgumentNode => ({
  name: argument.name(),
  values: valuesOf(argument.name(), argument.argChoices),
  repeats: argument.variadic,
});

/** The tree of commands, from the program that makes the help: hidden ones are left out, global options are everywhere. */
export function commandTree(program: Command, path: readonly string[] = []): CommandNode {
  const help = program.createHelp();
  help.showGlobalOptions = true;
  const options = [...help.visibleOptions(program), ...help.visibleGlobalOptions(program)];
  return {
    name: program.name(),
    path,
    about: program.description(),
    options: options.map(optionNode),
    args: program.registeredArguments.map(argumentNode),
    // "help" is completed as the option is; as a verb it would only lengthen each list.
    children: help
      .visibleCommands(program)
      .filter((child) => child.name() !== 'help')
      .map((child) => commandTree(child, [...path, child.name()])),
  };
}

/** The node and everything under it. */
export function everyCommand(node: CommandNode): CommandNode[] {
  return [node, ...node.children.flatMap(everyCommand)];
}

/** Flags that every command takes: those of the program itself. */
export const everywhereFlags = (root: CommandNode): ReadonlySet<string> =>
  new Set(root.options.flatMap(({ flags }) => flags));

/** What a command takes beside them; all of it for the program itself. */
export const ownOptions = (node: CommandNode, everywhere: ReadonlySet<string>): readonly OptionNode[] =>
  node.path.length === 0
    ? node.options
    : node.options.filter(({ flags }) => !flags.some((flag) => everywhere.has(flag)));

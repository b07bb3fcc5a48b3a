import type { ArgumentNode, CommandNode, OptionNode, Values } from './command-tree.js';

/** Text inside a single-quoted specification, where brackets, colons and backslashes have a meaning. */
const spec = (text: string) => text.replace(/[\\[\]:]/g, '\\$&').replaceAll("'", "'\\''");

function action(values: Values): string {
  if (values.kind === 'words') return `(${values.words.join(' ')})`;
  if (values.kind === 'assignments') return '_cupcheck_assignments';
  if (values.kind === 'file') return '_files';
  return values.kind === 'folder' ? '_files -/' : ' ';
}

function optionSpecs({ flags, about, value, repeats }: OptionNode): string[] {
  const what = value === null ? '' : `:${spec(value.name)}:${action(value.values)}`;
  const others = repeats ? '*' : flags.length > 1 ? `(${flags.join(' ')})` : '';
  return flags.map((flag) => {
    const ends = value !== null && flag.startsWith('--') ? '=' : '';
    return `    '${others}${flag}${ends}[${spec(about)}]${what}'`;
  });
}

const argumentSpec = ({ name, values, repeats }: ArgumentNode, index: number) =>
  `    '${repeats ? '*' : index + 1}:${spec(name)}:${action(values)}'`;

const functionName = (path: readonly string[]) => ['_cupcheck', ...path].join('_').replaceAll('-', '_');

function functions(node: CommandNode): string[] {
  const name = functionName(node.path);
  const options = node.options.flatMap(optionSpecs);
  if (node.children.length === 0)
    return [`${name}() {\n  _arguments -s -S : \\\n${[...options, ...node.args.map(argumentSpec)].join(' \\\n')}\n}`];
  const verbs = node.children.map((child) => `      '${child.name}:${child.about.replaceAll("'", "'\\''")}'`);
  const calls = node.children.map((child) => `        ${child.name}) ${functionName(child.path)} ;;`);
  const own = `${name}() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -s -S -C : \\
${options.join(' \\\n')} \\
    '1:verb:->verb' \\
    '*::argument:->rest'
  case $state in
    verb)
      local -a verbs=(
${verbs.join('\n')}
      )
      _describe -t verbs verb verbs
      ;;
    rest)
      case $line[1] in
${calls.join('\n')}
      esac
      ;;
  esac
}`;
  return [...node.children.flatMap(functions), own];
}

/** Every word that is completed as an assignment: there is one list of them, the keys of the config. */
const assignments = (root: CommandNode): ReadonlySet<string> =>
  new Set(root.options.flatMap(({ value }) => (value?.values.kind === 'assignments' ? value.values.words : [])));

/** The script for zsh: `_cupcheck` in a folder of $fpath, or sourced after compinit. */
export function zshCompletion(root: CommandNode): string {
  return `#compdef cupcheck
# zsh completion for cupcheck. Made by: cupcheck completion zsh

# No space follows these: a "=" does.
_cupcheck_assignments() {
  compadd -S = -q - ${[...assignments(root)].join(' ')}
}

${functions(root).join('\n\n')}

# As a file of $fpath this is the function's own body; sourced, it has to be named.
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _cupcheck "$@"
else
  compdef _cupcheck cupcheck
fi
`;
}

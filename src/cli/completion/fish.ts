import { type CommandNode, everyCommand, everywhereFlags, ownOptions, type Values } from './command-tree.js';

const single = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** How fish offers values: -x = these and no files, -F = files, -r = anything but a file. */
function offer(values: Values): string {
  if ('words' in values) {
    const words = values.kind === 'words' ? values.words : values.words.map((word) => `${word}=`);
    return `-x -a ${single(words.join(' '))}`;
  }
  if (values.kind === 'file') return '-r -F';
  return values.kind === 'folder' ? "-x -a '(__fish_complete_directories)'" : '-x';
}

function lines(node: CommandNode, everywhere: ReadonlySet<string>): string[] {
  const at = node.path.length === 0 ? '-' : node.path.join('/');
  const under = `-n '__cupcheck_at ${at}'`;
  return [
    ...node.children.map(({ name, about }) => `complete -c cupcheck ${under} -a ${name} -d ${single(about)}`),
    ...ownOptions(node, everywhere).map(({ flags, about, value }) => {
      const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
      return `complete -c cupcheck${node.path.length === 0 ? '' : ` ${under}`} ${names.join(' ')}${value === null ? '' : ` ${offer(value.values)}`} -d ${single(about)}`;
    }),
    ...node.args.flatMap(({ name, values, repeats }, index) => {
      if (values.kind === 'any') return [];
      const place = repeats ? under : `-n '__cupcheck_at ${at} ${index}'`;
      const what = values.kind === 'file' ? '-F' : offer(values).replace(/^-x/, '-f');
      return [`complete -c cupcheck ${place} ${what} -d ${single(name)}`];
    }),
  ];
}

/** The script for fish 3. */
export function fishCompletion(root: CommandNode): string {
  const nodes = everyCommand(root);
  const everywhere = everywhereFlags(root);
  const valued = new Set(nodes.flatMap(({ options }) => options.flatMap(({ flags, value }) => (value ? flags : []))));
  const verbs = nodes.filter(({ path }) => path.length > 0).map(({ path }) => path.join('/'));
  return `# fish completion for cupcheck. Made by: cupcheck completion fish

set -g __cupcheck_verbs ${verbs.join(' ')}
set -g __cupcheck_valued ${[...valued].join(' ')}

# Whether the cursor stands in this verb ("order/set", "-" for none), after so many arguments where a number is given.
function __cupcheck_at
    set -l path
    set -l count 0
    set -l skip 0
    for word in (commandline -opc)[2..]
        if test $skip -eq 1
            set skip 0
        else if contains -- $word $__cupcheck_valued
            set skip 1
        else if string match -q -- '-*' $word
            continue
        else if test $count -eq 0; and contains -- (string join / $path $word) $__cupcheck_verbs
            set -a path $word
        else
            set count (math $count + 1)
        end
    end
    set -l here (string join / $path)
    test -n "$here"; or set here -
    test $here = $argv[1]; or return 1
    test (count $argv) -lt 2; or test $count -eq $argv[2]
end

complete -c cupcheck -f
${nodes.flatMap((node) => lines(node, everywhere)).join('\n')}
`;
}

import { type CommandNode, everyCommand, everywhereFlags, ownOptions, type Values } from './command-tree.js';

/** A word for a case's pattern or a list: names of ours need no quotes, but a test of the script shows if one ever does. */
const single = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The word that tells `_cupcheck` what to offer: "file", "folder", "any", or "words a b". */
function offer(values: Values): string {
  return 'words' in values ? [values.kind, ...values.words].join(' ') : values.kind;
}

function cases(node: CommandNode, everywhere: ReadonlySet<string>): string[] {
  const at = node.path.join(' ');
  const option = (flag: string) => (node.path.length === 0 ? `*${single(`|${flag}`)}` : single(`${at}|${flag}`));
  return [
    ...ownOptions(node, everywhere).flatMap(({ flags, value }) =>
      value === null ? [] : [`    ${flags.map(option).join('|')}) echo ${single(offer(value.values))} ;;`],
    ),
    ...node.args.map(({ values, repeats }, index) => {
      const place = repeats ? `${single(`${at}|#`)}*` : single(`${at}|#${index + 1}`);
      return `    ${place}) echo ${single(offer(values))} ;;`;
    }),
    ...(node.children.length === 0
      ? []
      : [`    ${single(`${at}|verb`)}) echo ${single(`words ${node.children.map(({ name }) => name).join(' ')}`)} ;;`]),
    `    ${single(`${at}|options`)}) echo ${single(`words ${node.options.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith('--'))).join(' ')}`)} ;;`,
  ];
}

/** The script for bash 4 and later; it needs no bash-completion package. */
export function bashCompletion(root: CommandNode): string {
  const everywhere = everywhereFlags(root);
  return `# bash completion for cupcheck. Made by: cupcheck completion bash

# What may stand at a place of a command: "VERB|--option", "VERB|#1" for its first argument, "VERB|verb", "VERB|options".
_cupcheck_offer() {
  case "$1" in
${everyCommand(root)
  .flatMap((node) => cases(node, everywhere))
  .join('\n')}
  esac
}

_cupcheck() {
  local cur=\${COMP_WORDS[COMP_CWORD]} verb='' count=0 wants='' plain='' word next i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $wants != '' ]]; then
      # "=" is a word of its own: --option=value, --set key=value.
      [[ $word == '=' ]] || wants=''
      [[ \${COMP_WORDS[i + 1]} == '=' && $i -lt $((COMP_CWORD - 1)) ]] && i=$((i + 2))
    elif [[ $plain == '' && $word == '--' ]]; then
      plain=yes
    elif [[ $plain == '' && $word == -* ]]; then
      wants=$(_cupcheck_offer "$verb|$word")
    elif next=" $(_cupcheck_offer "$verb|verb") " && [[ $count -eq 0 && $next == *" $word "* ]]; then
      verb=\${verb:+$verb }$word
    else
      count=$((count + 1))
    fi
  done
  if [[ $cur == '=' ]]; then cur=''; fi
  if [[ $wants == '' ]]; then
    if [[ $plain == '' && $cur == -* ]]; then
      wants=$(_cupcheck_offer "$verb|options")
    else
      wants=$(_cupcheck_offer "$verb|verb")
      [[ $wants != '' ]] || wants=$(_cupcheck_offer "$verb|#$((count + 1))")
    fi
  fi
  case "$wants" in
    words*) mapfile -t COMPREPLY < <(compgen -W "\${wants#words}" -- "$cur") ;;
    assignments*)
      mapfile -t COMPREPLY < <(compgen -S = -W "\${wants#assignments}" -- "$cur")
      compopt -o nospace 2>/dev/null
      ;;
    file)
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      compopt -o filenames 2>/dev/null
      ;;
    folder)
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      compopt -o filenames 2>/dev/null
      ;;
  esac
}

complete -F _cupcheck cupcheck
`;
}

import { type CompletedCommand, walk } from './completed-command.ts';

/** For bash 3.2 and later. It has no dependencies and starts no process. */
export function bashCompletion(commands: CompletedCommand[]): string {
  return `# bash completion for mayfly
_mayfly() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command='' words='' options='' paths='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command $word" in
${walk(commands)
  .map(({ from, name, to }) => `      '${from} ${name}') command='${to}' ;;`)
  .join('\n')}
    esac
  done
  case "$command" in
${commands.map(assignments).join('\n')}
  esac
  case "$command $previous" in
${commands.flatMap(values).join('\n')}
  esac
  COMPREPLY=()
  if [[ -z "$paths" || "$current" == -* ]]; then
    [[ "$current" == -* ]] && words="$options"
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  elif ! compopt -o default 2>/dev/null; then
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _mayfly mayfly
`;
}

function assignments({ words, commands, options, choices }: CompletedCommand): string {
  const offered = [...commands.map(({ name }) => name), ...(choices ?? [])];
  const flags = options.flatMap((option) => option.flags);
  return `    '${words.join(' ')}') words='${offered.join(' ')}' options='${flags.join(' ')}' paths=${choices ? "''" : '1'} ;;`;
}

/** After an option with a value: its choices, paths, or nothing. */
function values({ words, options }: CompletedCommand): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, choices, isPath }) => {
      const patterns = flags.map((flag) => `'${[...words, flag].join(' ')}'`).join(' | ');
      return `    ${patterns}) words='${choices.join(' ')}' paths=${isPath ? '1' : "''"} ;;`;
    });
}

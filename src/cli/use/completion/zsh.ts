import { type CompletedCommand, walk } from './completed-command.ts';

/** Source it after compinit, or put it into `fpath` as a file named `_mayfly`. */
export function zshCompletion(commands: CompletedCommand[]): string {
  return `#compdef mayfly
_mayfly() {
  local word command='' paths=''
  local -a offered options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$command $word" in
${walk(commands)
  .map(({ from, name, to }) => `      ('${from} ${name}') command='${to}' ;;`)
  .join('\n')}
    esac
  done
  case "$command \${words[CURRENT-1]}" in
${commands.flatMap(values).join('\n')}
  esac
  case "$command" in
${commands.map(assignments).join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe -o option options
  elif [[ -n "$paths" ]]; then
    _files
  else
    _describe command offered
  fi
}
if [[ "\${funcstack[1]}" == _mayfly ]]; then _mayfly "$@"; else compdef _mayfly mayfly; fi
`;
}

function assignments({ words, commands, options, choices }: CompletedCommand): string {
  const offered = [
    ...commands.map(({ name, description }) => described(name, description)),
    ...(choices ?? []).map((choice) => quoted(choice)),
  ];
  const flags = options.flatMap((option) => option.flags.map((flag) => described(flag, option.description)));
  return `    ('${words.join(' ')}') offered=(${offered.join(' ')}) options=(${flags.join(' ')}) paths=${choices ? "''" : '1'} ;;`;
}

function values({ words, options }: CompletedCommand): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, choices, isPath }) => {
      const patterns = flags.map((flag) => `'${[...words, flag].join(' ')}'`).join('|');
      const nothing = choices.length === 0 ? ':' : `compadd ${choices.join(' ')}`;
      return `    (${patterns}) ${isPath ? '_files' : nothing}; return ;;`;
    });
}

function described(name: string, description: string): string {
  return quoted(`${name}:${description}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

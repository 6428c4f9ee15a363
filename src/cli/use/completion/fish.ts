import { type CompletedCommand, walk } from './completed-command.ts';

/** For fish 3 and later. */
export function fishCompletion(commands: CompletedCommand[]): string {
  return `# fish completion for mayfly
function __mayfly_at
    set -l command ''
    for word in (commandline -opc)[2..]
        switch "$command $word"
${walk(commands)
  .map(({ from, name, to }) => `            case '${from} ${name}'\n                set command '${to}'`)
  .join('\n')}
        end
    end
    test "$command" = "$argv[1]"
end
complete -c mayfly -e
complete -c mayfly -f
${commands.flatMap(completions).join('\n')}
`;
}

function completions({ words, commands, options, choices }: CompletedCommand): string[] {
  const at = `complete -c mayfly -n "__mayfly_at '${words.join(' ')}'"`;
  return [
    ...commands.map(({ name, description }) => `${at} -a ${name} -d ${quoted(description)}`),
    ...(choices ?? []).map((choice) => `${at} -a ${choice}`),
    ...(choices === undefined ? [`${at} -F`] : []),
    ...options.map((option) => {
      const flags = option.flags.map((flag) =>
        flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const offered = option.choices.length > 0 ? ` -a ${quoted(option.choices.join(' '))}` : '';
      const value = option.takesValue ? ` -r ${option.isPath ? '-F' : '-f'}${offered}` : '';
      return `${at} ${flags.join(' ')}${value} -d ${quoted(option.description)}`;
    }),
  ];
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

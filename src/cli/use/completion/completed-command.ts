/** What a shell needs to complete a command. */
export type CompletedCommand = {
  /** Without the program's name, such as `['keys', 'create']`. */
  words: string[];
  description: string;
  commands: { name: string; description: string }[];
  options: CompletedOption[];
  /** The choices for its arguments: undefined means paths, empty means no completion. */
  choices?: string[];
};

export type CompletedOption = {
  /** Such as `['-t', '--ttl']`. */
  flags: string[];
  description: string;
  takesValue: boolean;
  choices: string[];
  /** Whether its value is a path. */
  isPath: boolean;
};

/** The word that leads from each command to each of its subcommands. */
export function walk(commands: CompletedCommand[]): { from: string; name: string; to: string }[] {
  return commands.slice(1).map(({ words }) => ({
    from: words.slice(0, -1).join(' '),
    name: words.at(-1) ?? '',
    to: words.join(' '),
  }));
}

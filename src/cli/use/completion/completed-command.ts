/** A command, as a shell needs to know it. */
export type CompletedCommand = {
  /** From the program on, such as `['keys', 'create']`. */
  words: string[];
  description: string;
  commands: { name: string; description: string }[];
  options: CompletedOption[];
  /** What its arguments can be; undefined where they are paths, empty where nobody can know. */
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

/** Which words lead from one command to the next. */
export function walk(commands: CompletedCommand[]): { from: string; name: string; to: string }[] {
  return commands.slice(1).map(({ words }) => ({
    from: words.slice(0, -1).join(' '),
    name: words.at(-1) ?? '',
    to: words.join(' '),
  }));
}

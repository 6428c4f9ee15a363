import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';

/** Every command that is not a group, such as `put` and `keys create`. */
function commandsBelow(command: Command, words: string[]): string[] {
  const below = command.commands.flatMap((each) => commandsBelow(each, [...words, each.name()]));
  return below.length > 0 ? below : [words.join(' ')];
}

/** The commands that `mayfly help` and the help of its groups list. */
export async function commandsInHelp(): Promise<string[]> {
  return commandsBelow(createProgram({}, { code: 0 }), []);
}

/** The commands in a text, such as `keys create`. */
export function namedCommands(markdown: string): string[] {
  const program = createProgram({}, { code: 0 });
  const named = markdown.matchAll(/(?:^|`|[|(] |\$\(|-- |exec mayfly )mayfly ([a-z][a-z-]+)(?: ([a-z]+))?/gm);
  return [...named].map(([, first = '', second]) => {
    // After a command that is not a group, the next word is an argument.
    const isGroup = program.commands.some(
      (command) => command.name() === first && command.commands.length > 0,
    );
    return second !== undefined && isGroup ? `${first} ${second}` : first;
  });
}

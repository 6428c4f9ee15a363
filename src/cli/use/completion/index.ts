import type { Command, Option } from 'commander';
import { bashCompletion } from './bash.ts';
import type { CompletedCommand, CompletedOption } from './completed-command.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

/** A completion script for a shell, generated from the commands so that none is missing. */
export function completionFor(shell: string, program: Command): string {
  const commands = allCommands(program, []);
  if (shell === 'zsh') return zshCompletion(commands);
  return shell === 'fish' ? fishCompletion(commands) : bashCompletion(commands);
}

function allCommands(command: Command, words: string[]): CompletedCommand[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command);
  const own: CompletedCommand = {
    words,
    description: command.description(),
    commands: below.map((each) => ({ name: each.name(), description: each.description() })),
    options: help.visibleOptions(command).map(completedOption),
    choices: choicesOf(command, below.length > 0),
  };
  const real = below.filter((each) => each.name() !== 'help');
  return [own, ...real.flatMap((each) => allCommands(each, [...words, each.name()]))];
}

const pathArguments = new Set(['file', 'folder', 'path', 'more']);

function choicesOf({ registeredArguments: [first] }: Command, hasCommands: boolean): string[] | undefined {
  if (first?.argChoices) return first.argChoices;
  return !hasCommands && first && pathArguments.has(first.name()) ? undefined : [];
}

function completedOption(option: Option): CompletedOption {
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    description: option.description,
    takesValue: option.required,
    choices: option.argChoices ?? [],
    isPath: option.required && /<path>/.test(option.flags),
  };
}

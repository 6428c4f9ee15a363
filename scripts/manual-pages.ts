import type { Command } from 'commander';
import { plainText } from '../src/cli/operate/init/environment-file.ts';
import { createProgram } from '../src/cli/program.ts';
import { exitCodeMeanings } from '../src/cli/shared/exit-code-help.ts';
import { settings } from '../src/config/index.ts';
import type { Setting } from '../src/config/setting.ts';
import { bold, entries, escaped, filled, italic, section, verbatim } from './roff.ts';

/** A manual page, such as `mayfly-put.1`. */
export type ManualPage = { name: string; text: string };

/**
 * The manual pages of the program and of each command, generated from the definitions of the commands, so that none is
 * missing.
 *
 * @param date Such as 2026-11-30.
 */
export function manualPages(version: string, date: string): ManualPage[] {
  return commandsBelow(createProgram({}, { code: 0 })).map((command) => {
    const title = `.TH ${pageName(command).toUpperCase()} 1 "${date}" "Mayfly ${version}" "Mayfly"\n.nh\n.ad l\n`;
    return { name: `${pageName(command)}.1`, text: title + sections(command) };
  });
}

function commandsBelow(command: Command): Command[] {
  return [command, ...subcommands(command).flatMap(commandsBelow)];
}

/** Without `help`, which every command has. */
function subcommands(command: Command): Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== 'help');
}

/** Such as `['mayfly', 'keys', 'create']`. */
function words(command: Command): string[] {
  return command.parent ? [...words(command.parent), command.name()] : [command.name()];
}

function pageName(command: Command): string {
  return words(command).join('-');
}

function sections(command: Command): string {
  const description = command.description();
  const { examples, notes } = addedHelp(command);
  const parts = [
    section('NAME', `${escaped(pageName(command))} \\- ${escaped(summary(description))}\n`),
    section('SYNOPSIS', `${bold(words(command).join(' '))} ${escaped(command.usage())}\n`),
    section('DESCRIPTION', [sentence(description), ...notes].map(filled).join('.PP\n')),
    section('OPTIONS', options(command)),
    commandList(command),
    command.name() === 'serve' ? section('ENVIRONMENT', settingList()) : '',
    ['mayfly', 'exit-codes'].includes(command.name()) ? section('EXIT STATUS', exitCodeList()) : '',
    examples ? section('EXAMPLES', verbatim(examples)) : '',
    section('SEE ALSO', seeAlso(command)),
  ];
  return parts.join('');
}

/** The first sentence, without the version that the description of the program begins with. */
function summary(text: string): string {
  const [first = ''] = text.replace(/^Mayfly \S+ /, '').split('. ');
  return first.charAt(0).toLowerCase() + first.slice(1);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`.replace(/\.?$/, '.');
}

/** What follows the options in the help of a command: its examples, and other paragraphs. */
function addedHelp(command: Command): { examples: string | undefined; notes: string[] } {
  let help = '';
  command.configureOutput({ writeOut: (part) => (help += part) }).outputHelp();
  const added = help.slice(command.helpInformation().length);
  const paragraphs = added.split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== '');
  const isExamples = (paragraph: string) => paragraph.trimStart().startsWith('Examples:');
  return {
    examples: paragraphs
      .find(isExamples)
      ?.trim()
      .replace(/^Examples:\n/, ''),
    // The documents are not installed with the pages.
    notes: paragraphs
      .filter((paragraph) => !isExamples(paragraph))
      .map((paragraph) => paragraph.replace('docs/settings.md', 'mayfly-serve(1)')),
  };
}

function options(command: Command): string {
  const help = command.createHelp();
  const list = help.visibleOptions(command);
  return entries(list.map((option) => [optionTerm(option.flags), help.optionDescription(option)]));
}

/** `-t, --ttl <duration>` with bold flags and an italic value. */
function optionTerm(flags: string): string {
  return flags.replaceAll(/(-[\w-]+)|(?<= )([<[].*[>\]])|([^-<[]+)/g, (text, flag, value) => {
    if (flag) return bold(flag);
    return value ? italic(value) : escaped(text);
  });
}

function commandList(command: Command): string {
  const groups = Map.groupBy(subcommands(command), (each) => each.helpGroup().replace(/:$/, ''));
  if (groups.size === 0) return '';
  const lists = [...groups].map(([heading, commands]) => {
    const list = entries(commands.map((each) => [reference(each), each.description()]));
    return heading === '' ? list : `.SS ${escaped(heading)}\n${list}`;
  });
  return section('COMMANDS', lists.join(''));
}

function settingList(): string {
  const list = Object.values(settings).map((setting): [string, string] => {
    const { name, fallback, description } = setting as Setting<unknown>;
    const shown = fallback?.trim() ? `${bold(name)} (default: ${escaped(fallback)})` : bold(name);
    return [shown, plainText(description)];
  });
  return entries(list);
}

function exitCodeList(): string {
  return entries(exitCodeMeanings().map(({ code, meaning }) => [bold(String(code)), meaning]));
}

function seeAlso(command: Command): string {
  const related = [...(command.parent ? [command.parent] : []), ...subcommands(command)];
  const others = related.map(reference);
  const exitCodes = `${bold('mayfly-exit-codes')}(1)`;
  const all = others.includes(exitCodes) || command.name() === 'exit-codes' ? others : [...others, exitCodes];
  return `${all.join(',\n')}\n`;
}

function reference(command: Command): string {
  return `${bold(pageName(command))}(1)`;
}

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '../../src/cli/program.ts';
import { exitCodes } from '../../src/cli/shared/command-failure.ts';
import { commandsInHelp, namedCommands } from '../documents/commands.ts';
import { checkout } from '../support/parts.ts';

const text = readFileSync(join(checkout, 'docs/command-line.md'), 'utf8');
const userCommands = ['put', 'get', 'rm', 'ls', 'cp', 'watch', 'login', 'logout', 'doctor', 'completion'];
const program = createProgram({}, { code: 0 });
const options = program.commands
  .filter((command) => userCommands.includes(command.name()))
  .flatMap((command) => command.options.map(({ long }) => long ?? ''));

describe('docs/command-line.md', () => {
  test('has every option of the commands that use a server, and no others', () => {
    const named = [...text.matchAll(/(?<![\w-])--[a-z][\w-]*/g)].map(([option]) => option);
    const others = ['--help', '--kind', '--account'];
    expect(new Set(named)).toEqual(new Set([...options, ...others]));
  });

  test('has a section for each of them, and no unknown commands', async () => {
    const sections = [...text.matchAll(/^## ([a-z]+)$/gm)].map(([, name = '']) => name);
    expect(sections).toEqual(userCommands);
    const known = await commandsInHelp();
    expect(namedCommands(text).filter((command) => !known.includes(command))).toEqual([]);
  });

  test('has every exit code', () => {
    const documented = [...text.matchAll(/^\| (\d+) +\| /gm)].map(([, code]) => Number(code));
    expect(documented).toEqual(Object.values(exitCodes));
  });
});

test('every command that uses a server shows examples', () => {
  for (const command of program.commands.filter((each) => userCommands.includes(each.name()))) {
    let shown = '';
    command.configureOutput({ writeOut: (written) => (shown += written) }).outputHelp();
    expect([command.name(), shown]).toEqual([command.name(), expect.stringContaining('\nExamples:\n  ')]);
  }
});

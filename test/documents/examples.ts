import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compiledProgram } from '../support/compiled-program.ts';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { FencedBlock } from './markdown.ts';

/** A block that can be run, and the block after it, which shows its output. */
export type Example = { line: number; language: 'sh' | 'js' | 'python'; command: string; output: string };

const languages = ['sh', 'js', 'python'] as const;

/** The examples of a document: blocks in a language that can be run, each followed by its output. */
export function findExamples(blocks: FencedBlock[]): Example[] {
  return blocks.flatMap(({ language, text, line }, index) => {
    const known = languages.find((name) => name === language);
    const next = blocks[index + 1];
    if (known === undefined || next?.language !== 'text') return [];
    return [{ line, language: known, command: text, output: next.text }];
  });
}

export type Setting = {
  /** The addresses in the examples, each with its replacement. */
  addresses: Record<string, string>;
  /** The commands that run programs of each language. */
  javascript: string[];
  python: string;
  /** The settings of Mayfly's commands, which are those of the server in the examples. */
  settings: Record<string, string>;
};

const marker = (index: number) => `=== example ${index} ===`;

/**
 * Runs examples in order in one shell, which exports its variables to programs. It stops at the first failure.
 *
 * @returns The output of each, with the addresses of the examples.
 */
export async function runExamples(
  examples: Example[],
  { addresses, javascript, python, settings }: Setting,
): Promise<string[]> {
  await compiledProgram();
  const folder = temporaryDirectory('examples');
  // The modules that the examples import, as a reader would have installed them.
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(checkout, 'node_modules')))
    symlinkSync(join(checkout, 'node_modules', name), join(modules, name));
  symlinkSync(checkout, join(modules, 'mayfly'));
  const replaced = (text: string) =>
    Object.entries(addresses).reduce((result, [shown, real]) => result.replaceAll(shown, real), text);
  const lineOf = ({ language, command }: Example, index: number) => {
    const text = replaced(command);
    if (language === 'sh') return text;
    const file = join(folder, `example-${index}.${language === 'js' ? 'mjs' : 'py'}`);
    writeFileSync(file, text);
    return [...(language === 'js' ? javascript : [python]), file].map(quoted).join(' ');
  };
  const parts = examples.map(
    (example, index) => `printf '\\n%s\\n' '${marker(index)}'\n${lineOf(example, index)}`,
  );
  const script = [
    'set -euo pipefail',
    mayflyCommand,
    ...parts,
    `printf '\\n%s\\n' '${marker(examples.length)}'`,
  ].join('\n');
  const shell = startProcess('bash', ['--noprofile', '--norc', '-c', script], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, LANG: 'C.UTF-8', ...settings },
  });
  await shell.exited;
  const output = Object.entries(addresses).reduce(
    (result, [shown, real]) => result.replaceAll(real, shown),
    shell.output(),
  );
  return examples.map((_, index) => between(output, marker(index), marker(index + 1)));
}

function between(output: string, before: string, after: string): string {
  const [start, end] = [output.indexOf(before), output.indexOf(after)];
  if (start === -1 || end === -1)
    return `(the shell ended in this example or before it)\n${output.slice(-1000)}`;
  return output.slice(start + before.length, end);
}

/** The command `mayfly`, in the checkout. */
const mayflyCommand = `mayfly() {
  (cd ${quoted(checkout)} && exec ${quoted(process.execPath)} --no-env-file src/main.ts "$@")
}`;

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

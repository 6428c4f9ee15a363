import { join } from 'node:path';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';

/** The commands that a text tells its readers to run, such as `keys create`. */
export function namedCommands(markdown: string): string[] {
  return [...markdown.matchAll(/\b(?:npx mayfly|bun src\/main\.ts) ([a-z]+(?: [a-z]+)?)/g)].map(
    (match) => match[1] ?? '',
  );
}

/** The commands that `mayfly help` lists. */
export async function commandsInHelp(): Promise<string[]> {
  const help = startProcess(process.execPath, ['--no-env-file', join(checkout, 'src', 'main.ts'), 'help']);
  if ((await help.exited) !== 0) throw new Error(`help failed:\n${help.output()}`);
  return [...help.output().matchAll(/^ {2}([a-z]+(?: [a-z]+)?)/gm)].map((match) => match[1] ?? '');
}

import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { CommandFailure, exitCodes } from './command-failure.ts';

/**
 * Adds the option `--env-file` to commands and their subcommands. The variables of the file are in the environment
 * before the command runs; those that are set there already take precedence, as in Node and Bun.
 */
export function addEnvFileOption(
  commands: readonly Command[],
  environment: Record<string, string | undefined>,
  description = 'take settings from an environment file; the environment takes precedence',
): void {
  for (const command of commands) {
    if (command.commands.length > 0) addEnvFileOption(command.commands, environment, description);
    else
      command.option('--env-file <path>', description).hook('preAction', async () => {
        const { envFile } = command.opts<{ envFile?: string }>();
        if (envFile === undefined) return;
        // Also for modules and processes that read the environment themselves, such as the workers of a server.
        for (const [name, value] of Object.entries(await readEnvFile(envFile))) environment[name] ??= value;
      });
  }
}

/** @throws CommandFailure if it cannot be read, or a line is not valid */
async function readEnvFile(path: string): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const advice = code === 'EACCES' ? "run this command as the server's user" : 'correct --env-file';
    throw new CommandFailure(`${path} cannot be read (${code}): ${advice}`, exitCodes.wrongCall);
  }
  return variablesIn(text, path);
}

// Whitespace is only what systemd takes as such. Before version 254, a comment that ends with \ continues.
const blank = /^[ \t]*(?:[#;].*(?<!\\))?$/s;
const assignment =
  /^[ \t]*(?<name>[A-Za-z_]\w*)[ \t]*=[ \t]*(?:'(?<single>[^'\0]*)'|"(?<double>[^"\\\0]*)"|(?<plain>(?!['"])[^\\\0]*?))[ \t]*$/;

/**
 * The variables of an environment file. This is the syntax of systemd (systemd.exec(5), EnvironmentFile) without
 * escapes and values of several lines: `#` and `$` are parts of a value.
 *
 * @param path Names the file in errors.
 * @throws CommandFailure for a line that systemd would ignore or read otherwise. It does not show the line, which may
 * have a secret.
 */
export function variablesIn(text: string, path: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [index, line] of text.split(/\r\n|[\r\n]/).entries()) {
    if (blank.test(line)) continue;
    const { name, single, double, plain } = assignment.exec(line)?.groups ?? {};
    if (name === undefined)
      throw new CommandFailure(
        `${path}: line ${index + 1} is not NAME=VALUE; a value with \\ or quotes must be in single quotes`,
        exitCodes.wrongCall,
      );
    variables[name] = single ?? double ?? plain ?? '';
  }
  return variables;
}

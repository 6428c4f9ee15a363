import { readConfig, SettingError } from '../config/index.ts';
import { migrate, sweep } from './maintenance.ts';
import { serve } from './serve.ts';

const commands = { serve, migrate, sweep };

const help = `usage: mayfly [command]

  serve     serve until SIGTERM (the default)
  migrate   bring the database up to date
  sweep     remove what has expired, once

Settings come from the environment; the README lists them.
`;

/** Runs a command. Resolves with the exit code: 0 for success, 1 for failure, 2 for a wrong call. */
export async function runCommand(
  [name = 'serve', ...rest]: string[],
  environment: Record<string, string | undefined>,
): Promise<number> {
  if (name === '--help' || name === 'help') {
    console.log(help);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name as keyof typeof commands] : undefined;
  if (command === undefined || rest.length > 0) {
    console.error(help);
    return 2;
  }
  // The database and the blobs are for the service alone, whatever else runs on this machine.
  process.umask(0o077);
  try {
    return await command(readConfig(environment));
  } catch (error) {
    // One line for what the operator can mend; a trace only for what they cannot.
    console.error(error instanceof SettingError ? `mayfly: ${error.message}` : error);
    return 1;
  }
}

import { readFile, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { linkedFile, replaceFile } from '../shared/replace-file.ts';

export type Environment = Record<string, string | undefined>;

/** The settings of the config file. */
export type SavedSettings = { url?: string; key?: string; ttl?: string; encrypt?: boolean };

const fields = { url: 'string', key: 'string', ttl: 'string', encrypt: 'boolean' } as const;

/** `$XDG_CONFIG_HOME/mayfly/config.json`. */
export function configPath(environment: Environment): string {
  return join(xdgFolder(environment, 'XDG_CONFIG_HOME', '.config'), 'mayfly', 'config.json');
}

/**
 * A relative path is ignored (XDG Base Directory Specification). A relative `HOME` is refused: the working directory may
 * belong to another user.
 *
 * @throws CommandFailure without a home folder
 */
export function xdgFolder(environment: Environment, name: string, fallback: string): string {
  const given = environment[name];
  if (given && isAbsolute(given)) return given;
  const home = environment.HOME || homeOfUser();
  if (!isAbsolute(home))
    throw new CommandFailure(`set HOME or ${name} to the absolute path of a folder`, exitCodes.wrongCall);
  return join(home, fallback);
}

/** Empty if the system does not know the user, as in a container with a user of its own. */
function homeOfUser(): string {
  try {
    return userInfo().homedir;
  } catch {
    return '';
  }
}

/** The settings of the config file; none if it does not exist. @throws CommandFailure for an invalid file */
export async function readConfigFile(path: string): Promise<SavedSettings> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  const wrong = (what: string) => new CommandFailure(`${path}: ${what}`, exitCodes.wrongCall);
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw wrong('it is not JSON');
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read))
    throw wrong('it is not a JSON object');
  for (const [name, value] of Object.entries(read)) {
    if (!Object.hasOwn(fields, name))
      throw wrong(`unknown setting "${name}"; the settings are ${Object.keys(fields).join(', ')}`);
    const type = fields[name as keyof typeof fields];
    if (typeof value !== type) throw wrong(`"${name}" must be a ${type}`);
  }
  return read as SavedSettings;
}

/** Replaces the config file, which only its owner may read. Without settings, it is removed. */
export async function writeConfigFile(path: string, settings: SavedSettings): Promise<void> {
  if (Object.keys(settings).length === 0) await rm(await linkedFile(path), { force: true });
  else await replaceFile(path, `${JSON.stringify(settings, null, 2)}\n`, 0o600);
}

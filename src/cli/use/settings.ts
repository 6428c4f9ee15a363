import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';

export type Environment = Record<string, string | undefined>;

/** The server that commands call, and defaults. */
export type Settings = {
  /** The server's URL, without a trailing slash. */
  url: string;
  /** The API key, for buckets and for payloads of its account. */
  key?: string;
  ttl?: string;
  encrypt: boolean;
};

/** Settings from options. */
export type Given = { url?: string; key?: string; ttl?: string; encrypt?: boolean };

const defaultUrl = 'http://localhost:8080';
const fields = { url: 'string', key: 'string', ttl: 'string', encrypt: 'boolean' } as const;

/**
 * Options take precedence over `MAYFLY_URL` and `MAYFLY_KEY`, and these over the config file.
 *
 * @throws CommandFailure for an invalid or misspelt setting
 */
export async function readSettings(environment: Environment, given: Given = {}): Promise<Settings> {
  const file = await readConfigFile(configPath(environment));
  const key = given.key ?? (environment.MAYFLY_KEY || file.key);
  const ttl = given.ttl ?? file.ttl;
  return {
    url: requireServerUrl(given.url ?? (environment.MAYFLY_URL || file.url || defaultUrl)),
    ...(key && { key }),
    ...(ttl && { ttl }),
    encrypt: given.encrypt ?? file.encrypt ?? false,
  };
}

/** `$XDG_CONFIG_HOME/mayfly/config.json`. */
function configPath(environment: Environment): string {
  return join(folder(environment, 'XDG_CONFIG_HOME', '.config'), 'mayfly', 'config.json');
}

/** `$XDG_STATE_HOME/mayfly/pastes.json`. */
export function statePath(environment: Environment): string {
  return join(folder(environment, 'XDG_STATE_HOME', '.local/state'), 'mayfly', 'pastes.json');
}

/** `$XDG_STATE_HOME/mayfly/unopened/{id}`: an encrypted payload that cannot be read again, until it has been opened. */
export function unopenedPath(environment: Environment, id: string): string {
  return join(dirname(statePath(environment)), 'unopened', id);
}

/** A relative path is ignored (XDG Base Directory Specification). */
function folder(environment: Environment, name: string, fallback: string): string {
  const given = environment[name];
  return given && isAbsolute(given) ? given : join(environment.HOME ?? homedir(), fallback);
}

async function readConfigFile(path: string): Promise<Given> {
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
  return read as Given;
}

function requireServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new CommandFailure(
      `${text} is not the URL of a server, such as ${defaultUrl}`,
      exitCodes.wrongCall,
    );
  // Commands append paths to it.
  if (/[?#]/.test(text))
    throw new CommandFailure('the URL of the server must not contain ? or #', exitCodes.wrongCall);
  // Normalized, so without spaces around it.
  return url.href.replace(/\/+$/, '');
}

import { dirname, join } from 'node:path';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import {
  configPath,
  type Environment,
  readConfigFile,
  type SavedSettings,
  xdgFolder,
} from './config-file.ts';

export type { Environment } from './config-file.ts';

/** The server that commands call, and defaults. */
export type Settings = {
  /** The server's URL, without a trailing slash. */
  url: string;
  /** The API key, for buckets and for payloads of its account. */
  key?: string;
  ttl?: string;
  encrypt: boolean;
};

const defaultUrl = 'http://localhost:8080';

/**
 * Options take precedence over `MAYFLY_URL` and `MAYFLY_KEY`, and these over the config file. The key of the config file
 * is only for the server of the config file: another one must not get it.
 *
 * @throws CommandFailure for an invalid or misspelt setting
 */
export async function readSettings(environment: Environment, given: SavedSettings = {}): Promise<Settings> {
  const file = await readConfigFile(configPath(environment));
  const own = requireServerUrl(file.url || defaultUrl);
  const url = requireServerUrl(given.url ?? (environment.MAYFLY_URL || own));
  const key = given.key ?? (environment.MAYFLY_KEY || (url === own ? file.key : undefined));
  const ttl = given.ttl ?? file.ttl;
  return {
    url,
    ...(key && { key }),
    ...(ttl && { ttl }),
    encrypt: given.encrypt ?? file.encrypt ?? false,
  };
}

/** `$XDG_STATE_HOME/mayfly/pastes.json`. */
export function statePath(environment: Environment): string {
  return join(xdgFolder(environment, 'XDG_STATE_HOME', '.local/state'), 'mayfly', 'pastes.json');
}

/** `$XDG_STATE_HOME/mayfly/unopened/{id}`: an encrypted payload that cannot be read again, until it has been opened. */
export function unopenedPath(environment: Environment, id: string): string {
  return join(dirname(statePath(environment)), 'unopened', id);
}

/**
 * Checks the address of a server, and removes a trailing slash.
 *
 * @throws CommandFailure
 */
export function requireServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new CommandFailure(
      `${text} is not the URL of a server, such as ${defaultUrl}`,
      exitCodes.wrongCall,
    );
  // Commands append paths to it.
  if (/[?#]/.test(text))
    throw new CommandFailure('the URL of the server must not contain ? or #', exitCodes.wrongCall);
  // It is printed, and `fetch` refuses it on Node.
  if (url.username + url.password !== '')
    throw new CommandFailure(
      'the URL of the server must not contain a user or a password',
      exitCodes.wrongCall,
    );
  // Normalized, so without spaces around it.
  return url.href.replace(/\/+$/, '');
}

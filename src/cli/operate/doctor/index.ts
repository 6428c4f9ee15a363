import { resolve } from 'node:path';
import { type Config, readConfig, SettingError } from '../../../config/index.ts';
import { type Finding, findingsOf } from '../../shared/finding.ts';
import type { Environment } from '../run.ts';
import { checkDataFolder } from './data-folder.ts';
import { checkObjects, type Upload } from './objects.ts';
import { checkProxySettings, checkPublicUrlSetting, checkSecret } from './settings.ts';
import { checkDatabase, checkOthers } from './stores.ts';

/** What the checks from outside need to know of the settings. */
export type ServerAddresses = {
  /** The base of all links. */
  publicUrl: string;
  /** The URL at which the process listens; undefined if it uses any free port. */
  ownUrl: string | undefined;
};

/**
 * Checks the settings and the stores of a server on its machine, and changes nothing. Probes that it stores are removed
 * again.
 *
 * @param upload Sends a presigned upload to S3 as a page does.
 * @returns The addresses of the server, if the settings are valid.
 */
export async function* examineDeployment(
  environment: Environment,
  upload: Upload,
): AsyncGenerator<Finding, ServerAddresses | undefined> {
  const { ok, problem } = findingsOf('settings');
  // Other users of this machine must not read what a probe writes.
  process.umask(0o077);
  let config: Config;
  try {
    config = withAbsolutePaths(readConfig(environment));
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    yield problem(error.message);
    return undefined;
  }
  yield ok('they are valid');
  yield checkPublicUrlSetting(config);
  yield* checkProxySettings(config);
  // With a database server nothing is in it.
  const folder = config.database.kind === 'file' ? await checkDataFolder(config) : undefined;
  if (folder !== undefined) yield folder.finding;
  if (folder?.isUsable === false) yield findingsOf('database').skipped('DATA_DIR must be usable first');
  else {
    yield await checkSecret(config);
    yield* await checkDatabase(config);
  }
  const others = await checkOthers(config);
  yield* others;
  if (others.some(({ check, state }) => check === 'blobs' && state === 'problem'))
    yield findingsOf('objects').skipped('S3 must be usable first');
  else yield* checkObjects(config, upload);
  return addressesOf(config);
}

/** Findings name files, and a relative name depends on the working directory. */
function withAbsolutePaths(config: Config): Config {
  const { database, dataDirectory } = config;
  return {
    ...config,
    dataDirectory: resolve(dataDirectory),
    database: database.kind === 'file' ? { ...database, file: resolve(database.file) } : database,
  };
}

function addressesOf({ publicUrl, host, port }: Config): ServerAddresses {
  const anyAddress: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  const own = anyAddress[host] ?? (host.includes(':') ? `[${host}]` : host);
  return {
    publicUrl: publicUrl ?? `http://localhost:${port}`,
    ownUrl: port === 0 ? undefined : `http://${own}:${port}`,
  };
}

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createServices, type Services } from '../../composition/index.ts';
import { type Config, databaseFile, readConfig, SettingError } from '../../config/index.ts';
import { Failure } from '../../core/failure.ts';
import { type Difference, differences } from '../../core/operation/deployment.ts';
import { createLog } from '../../observe/log.ts';
import { CommandFailure } from '../shared/command-failure.ts';
import { startFailure } from './start-failure.ts';

export type Environment = Record<string, string | undefined>;

/** Runs a command that needs only the settings. Resolves with its exit code. @throws CommandFailure */
export async function withConfig(
  environment: Environment,
  run: (config: Config) => number | Promise<number>,
): Promise<number> {
  // Other users of this machine must not read the database and the blobs.
  process.umask(0o077);
  let config: Config | undefined;
  try {
    config = readConfig(environment);
    return await run(config);
  } catch (error) {
    if (error instanceof SettingError) throw new CommandFailure(error.message);
    const explained = config && startFailure(error, config);
    if (explained) throw new CommandFailure(explained);
    if (error instanceof Failure) throw new CommandFailure(error.message);
    throw error;
  }
}

/** What a command that uses the services needs. */
export type Needs = {
  /** Settings that must be the same as the server's. */
  sameSettings?: Difference;
  /** Whether the command may create the database, if no server has started yet. */
  mayCreate?: boolean;
};

/**
 * Runs a command that uses the services, with or without a running server.
 *
 * @throws CommandFailure
 */
export function withServices(
  environment: Environment,
  run: (services: Services) => Promise<number>,
  { sameSettings, mayCreate = false }: Needs = {},
): Promise<number> {
  return withConfig(environment, async (config) => {
    if (!mayCreate && isDatabaseMissing(config)) throw new SettingError(noDatabase(config));
    const log = createLog(config.logLevel, config.logClientAddress);
    const services = await reportingNewDatabase(config, () => createServices(config, log));
    try {
      if (sameSettings) await requireServersSettings(services, sameSettings);
      return await run(services);
    } finally {
      await services.close();
      log.flush();
    }
  });
}

/**
 * Opens the database, and reports on stderr if that created a new one: DATA_DIR may differ from the server's.
 */
export async function reportingNewDatabase<T>(config: Config, open: () => T | Promise<T>): Promise<T> {
  const isNew = isDatabaseMissing(config);
  const opened = await open();
  if (isNew) console.error(`mayfly: created a new database at ${databasePath(config)}`);
  return opened;
}

/** Whether the file does not exist. Other problems are reported when the database is opened. */
export function isDatabaseMissing(config: Config): boolean {
  try {
    statSync(databaseFile(config));
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function noDatabase(config: Config): string {
  const setting = config.databaseUrl === undefined ? 'DATA_DIR' : 'DATABASE_URL';
  return `no database at ${databasePath(config)}: set ${setting} to the value that the server uses`;
}

/** Absolute, because a relative DATA_DIR depends on the working directory. */
function databasePath(config: Config): string {
  return JSON.stringify(resolve(databaseFile(config)));
}

/** With different settings, a sweep would lose track of blobs, and the secret of a webhook would be wrong. */
async function requireServersSettings({ stores, deployment }: Services, needed: Difference): Promise<void> {
  const names = { blobs: 'S3_*', secret: 'SECRET' };
  if ((await differences(stores.deployment, deployment)).includes(needed))
    throw new SettingError(`${names[needed]} must be the same as at the last start of the server`);
}

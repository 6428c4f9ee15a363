import { resolve } from 'node:path';
import { createServices, type Services } from '../../composition/index.ts';
import { isFileMissing } from '../../composition/stores.ts';
import { type Config, readConfig, SettingError, UnreadableSetting } from '../../config/index.ts';
import { Failure } from '../../core/failure.ts';
import { type Difference, differences } from '../../core/operation/deployment.ts';
import { MoveRefused } from '../../core/ports/moving.ts';
import { createLog } from '../../observe/log.ts';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { startFailure } from './start-failure.ts';

export type Environment = Record<string, string | undefined>;

/** Runs a command that needs only the settings. Resolves with its exit code. @throws CommandFailure */
export async function withConfig(
  environment: Environment,
  run: (config: Config) => number | Promise<number>,
): Promise<number> {
  // Other users of this machine must not read the database and the blobs.
  process.umask(0o077);
  const config = usableConfig(environment);
  try {
    return await run(config);
  } catch (error) {
    if (error instanceof SettingError) throw new CommandFailure(error.message);
    const explained = startFailure(error, config);
    if (explained) throw new CommandFailure(explained);
    if (error instanceof Failure || error instanceof MoveRefused) throw new CommandFailure(error.message);
    throw error;
  }
}

/** Where another start cannot help, errors have an exit code of their own. @throws CommandFailure */
function usableConfig(environment: Environment): Config {
  try {
    return readConfig(environment);
  } catch (error) {
    if (error instanceof UnreadableSetting) throw new CommandFailure(error.message);
    if (error instanceof SettingError) throw new CommandFailure(error.message, exitCodes.invalidSettings);
    throw error;
  }
}

/** What a command that uses the services needs. */
export type Needs = {
  /** Settings that must be the same as the server's. */
  sameSettings?: Difference;
  /** Whether the command must not run on a database that was restored and is not ready yet. */
  notRestored?: boolean;
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
  { sameSettings, notRestored = false, mayCreate = false }: Needs = {},
): Promise<number> {
  return withConfig(environment, async (config) => {
    if (!mayCreate) requireFile(config);
    const log = createLog(config.logLevel, config.logClientAddress);
    const services = await createServices(direct(config), log, { mayCreate });
    if (services.database.isNew) reportNewDatabase(config);
    try {
      if (sameSettings) await requireServersSettings(services, sameSettings);
      if (notRestored) await refuseRestored(services);
      return await run(services);
    } finally {
      await services.close();
      log.flush();
    }
  });
}

/**
 * What is in a database that was restored to an earlier time must not be served or swept before `mayfly restored`.
 *
 * @throws CommandFailure
 */
export async function refuseRestored({ config, restoredState }: Services): Promise<void> {
  await restoredState?.check();
  if (restoredState?.isRestored)
    throw new CommandFailure(
      `the database at ${JSON.stringify(databasePlace(config))} was restored to an earlier time: run mayfly restored --until TIME`,
    );
}

/** Reports on stderr that the database is new: the settings may differ from the server's. */
export function reportNewDatabase(config: Config): void {
  console.error(`mayfly: created a new database at ${JSON.stringify(databasePlace(config))}`);
}

/** The database, without credentials. A file is absolute, since a relative one depends on the working directory. */
export function databasePlace({ database }: Config): string {
  return database.kind === 'file' ? resolve(database.file) : database.where;
}

/** @throws SettingError if the database is a file that does not exist */
export function requireFile(config: Config): void {
  const { database } = config;
  if (database.kind !== 'file' || !isFileMissing(database.file)) return;
  const setting = database.isDefault ? 'DATA_DIR' : 'DATABASE_URL';
  throw new SettingError(
    `no database at ${JSON.stringify(databasePlace(config))}: set ${setting} to the value that the server uses`,
  );
}

/** Commands do not use a pooler, which may be reachable only from the servers. */
function direct(config: Config): Config {
  const { database } = config;
  return database.kind === 'file'
    ? config
    : { ...config, database: { ...database, url: database.directUrl } };
}

/** With different settings, a sweep would lose track of blobs, and the secret of a webhook would be wrong. */
async function requireServersSettings({ stores, deployment }: Services, needed: Difference): Promise<void> {
  const names = { blobs: 'S3_*', secret: 'SECRET' };
  if ((await differences(stores.deployment, deployment)).includes(needed))
    throw new SettingError(`${names[needed]} must be the same as at the last start of the server`);
}

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Config, databaseFile, readConfig, SettingError } from '../../config/index.ts';
import { type Difference, differences } from '../../core/deployment.ts';
import { Failure } from '../../core/failure.ts';
import { createLog } from '../../observe/log.ts';
import { createServices, type Services } from '../../services.ts';
import { CommandFailure } from '../shared/command-failure.ts';
import { startFailure } from './start-failure.ts';

export type Environment = Record<string, string | undefined>;

/** Runs a command by the settings alone. Resolves with its exit code. @throws CommandFailure */
export async function withConfig(
  environment: Environment,
  run: (config: Config) => number | Promise<number>,
): Promise<number> {
  // The database and the blobs are for the service alone, whatever else runs on this machine.
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

/** What a command over the services needs. */
export type Needs = {
  /** Which settings must be the server's, where it is not all the same. */
  sameSettings?: Difference;
  /** Whether it may run before the first start of a server, and make the database then. */
  mayCreate?: boolean;
};

/**
 * Runs a command over the services, beside a running server or without one.
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
 * Runs what opens the database, and says on stderr when that made a new one: DATA_DIR may be another one than
 * the server's.
 */
export async function reportingNewDatabase<T>(config: Config, open: () => T | Promise<T>): Promise<T> {
  const isNew = isDatabaseMissing(config);
  const opened = await open();
  if (isNew) console.error(`mayfly: made a new database at ${databasePath(config)}`);
  return opened;
}

/** Whether there is nothing at all: whatever else is wrong is explained when the database is opened. */
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
  return `no database at ${databasePath(config)}: set ${setting} to that of the server`;
}

/** Absolute, because a relative DATA_DIR depends on the folder that the command was called in. */
function databasePath(config: Config): string {
  return JSON.stringify(resolve(databaseFile(config)));
}

/** Under other settings than the server's, a sweep forgets blobs and a webhook's secret is another. */
async function requireServersSettings({ stores, deployment }: Services, needed: Difference): Promise<void> {
  const names = { blobs: 'S3_*', secret: 'SECRET' };
  if ((await differences(stores.deployment, deployment)).includes(needed))
    throw new SettingError(`${names[needed]} must be as the server of this database was last started with`);
}

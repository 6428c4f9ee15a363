import { type Config, readConfig, SettingError } from '../../config/index.ts';
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

/**
 * Runs a command over the services, beside a running server or without one.
 *
 * @param needed Which settings must be the server's, where it is not all the same.
 * @throws CommandFailure
 */
export function withServices(
  environment: Environment,
  run: (services: Services) => Promise<number>,
  needed?: Difference,
): Promise<number> {
  return withConfig(environment, async (config) => {
    const log = createLog(config.logLevel, config.logClientAddress);
    const services = await createServices(config, log);
    try {
      if (needed) await requireServersSettings(services, needed);
      return await run(services);
    } finally {
      await services.close();
      log.flush();
    }
  });
}

/** Under other settings than the server's, a sweep forgets blobs and a webhook's secret is another. */
async function requireServersSettings({ stores, deployment }: Services, needed: Difference): Promise<void> {
  const names = { blobs: 'S3_*', secret: 'SECRET' };
  if ((await differences(stores.deployment, deployment)).includes(needed))
    throw new SettingError(`${names[needed]} must be as the server of this database was last started with`);
}

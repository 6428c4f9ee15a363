import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { createServices } from '../../../composition/index.ts';
import { openSeparately } from '../../../composition/separate-stores.ts';
import { isFileMissing, needsMigration } from '../../../composition/stores.ts';
import { type Config, SettingError } from '../../../config/index.ts';
import { type Probe, Unhealthy } from '../../../core/ports/probe.ts';
import { createLog } from '../../../observe/log.ts';
import { reasonOf } from '../../../observe/reason.ts';
import { type Finding, findingsOf } from '../../shared/finding.ts';
import { databasePlace, requireFile } from '../run.ts';
import { startFailure } from '../start-failure.ts';

/** How long a store may take (ms). */
const patience = 10_000;

/** The settings by the name of the probe whose failure they explain. */
const settingsOf: Record<string, string> = {
  blobs: 'S3_ENDPOINT and the other S3_*',
  redis: 'REDIS_URL, and whether Redis runs',
  database: 'DATABASE_URL, and whether its server runs',
};

/** Opens the stores as a server does, and probes each as `/readyz` does. */
export async function* checkStores(config: Config): AsyncGenerator<Finding> {
  try {
    requireFile(config);
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    yield findingsOf('database').problem(`${error.message}, or start the server`);
    return;
  }
  const log = createLog('silent', 'none');
  const { problem, warning } = findingsOf('database');
  let opened: { probes: Probe[]; close(): unknown };
  try {
    await requireCurrentSchema(config);
    requireBlobs(config);
    const services = await createServices(withSecret(config), log);
    for (const text of services.database.warnings) yield warning(text);
    opened = services;
  } catch (error) {
    const explained = error instanceof SettingError ? error.message : startFailure(error, config);
    yield problem(explained ?? reasonOf(error).reason);
    opened = await openSeparately(config, log.log);
  }
  try {
    for (const probe of opened.probes) yield await findingOf(probe);
  } finally {
    await opened.close();
  }
}

/** A check must not migrate, which an earlier version that runs would not survive. @throws SettingError */
async function requireCurrentSchema(config: Config): Promise<void> {
  if (config.database.kind === 'file' && (await needsMigration(config.database.file)))
    throw new SettingError(
      `${JSON.stringify(databasePlace(config))} has the schema of an earlier version: back it up, and run mayfly migrate or start the server`,
    );
}

/** The folder of the blobs would be created, which hides that they are lost. @throws SettingError */
function requireBlobs({ database, dataDirectory }: Config): void {
  const folder = resolve(dataDirectory, 'blobs');
  if (database.kind === 'file' && isFileMissing(folder))
    throw new SettingError(
      `no folder ${JSON.stringify(folder)} beside the database: restore it from a backup, or start the server to create an empty one`,
    );
}

/** Nothing is signed here. A missing secret would be created, which hides that it is lost. */
function withSecret(config: Config): Config {
  const isMissing = config.secret === undefined && isFileMissing(join(config.dataDirectory, 'secret'));
  return isMissing ? { ...config, secret: randomUUID() } : config;
}

async function findingOf({ name, where, ping }: Probe): Promise<Finding> {
  const { ok, problem } = findingsOf(name);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patience / 1000} s`)), patience);
  });
  try {
    await Promise.race([ping(), late]);
    return ok(where === undefined ? 'it is well' : `${where} can be used`);
  } catch (error) {
    const { code, reason } = reasonOf(error);
    // These say themselves what to do.
    if (error instanceof Unhealthy || settingsOf[name] === undefined) return problem(reason);
    return problem(`${where}: ${reason} (${code}); check ${settingsOf[name]}`);
  } finally {
    clearTimeout(timer);
  }
}

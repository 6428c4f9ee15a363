import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Config } from '../config/index.ts';
import { type Probe, Unhealthy } from '../core/ports/probe.ts';
import type { Logger } from '../observe/log.ts';
import { Metrics } from '../observe/metrics.ts';
import { StoreStates } from '../observe/store-states.ts';
import { SystemNames } from '../stores/names/system-names.ts';
import { createRateLimiters } from './rate-limits.ts';
import { examineServer, isFileMissing, openS3 } from './stores.ts';

/** Stores that can be probed. Neither opening nor probing them changes what they store. */
export type Examined = {
  probes: Probe[];
  /** What the operator should know, each in one line. */
  warnings: string[];
  close(): Promise<void>;
};

/**
 * Opens the database, with the blobs beside a file. The probes check that this version can use it as it is.
 *
 * @throws ServerFailure
 */
export async function examineDatabase(config: Config): Promise<Examined> {
  const { database, s3, dataDirectory } = config;
  if (database.kind === 'server') return examineServer(config, database);
  const { file } = database;
  const { examineFile } = await import('../stores/sqlite/database/snapshot.ts');
  const folder = resolve(dataDirectory, 'blobs');
  const probes: Probe[] = [
    { name: 'database', dispensable: false, where: file, ping: async () => examineFile(file) },
  ];
  if (!s3)
    probes.push({ name: 'blobs', dispensable: false, where: folder, ping: () => examineFolder(folder) });
  return { probes, warnings: [], close: async () => undefined };
}

/** Opens S3 and Redis, also while the database is away. Redis forgets the key of its probe after a minute. */
export async function examineOthers(config: Config, log: Logger): Promise<Examined> {
  const names = new SystemNames();
  const { s3 } = config;
  const probes: Probe[] = [];
  if (s3) {
    const store = await openS3(s3, names);
    const where = new URL(s3.endpoint).host;
    probes.push({ name: 'blobs', dispensable: false, where, ping: () => store.ping() });
  }
  const limiters = await createRateLimiters(config, {
    deployment: 'examined',
    clock: Date.now,
    states: new StoreStates(log),
    metrics: new Metrics(),
    lookup: names.lookupForSocket,
  });
  if (limiters.probe) probes.push(limiters.probe);
  return { probes, warnings: [], close: async () => limiters.close() };
}

/** A server would create the folder, which hides that the blobs are lost. */
async function examineFolder(folder: string): Promise<void> {
  if (isFileMissing(folder))
    throw new Unhealthy(
      'damaged',
      `no folder ${JSON.stringify(folder)} beside the database: restore it from a backup, or start the server to create an empty one`,
    );
  await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
}

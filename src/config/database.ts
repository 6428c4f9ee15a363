import { join } from 'node:path';
import type { DatabaseUrl } from './database-url.ts';
import { SettingError } from './setting.ts';

/** Where the database is. */
export type Database =
  | { kind: 'file'; file: string; isDefault: boolean }
  | {
      kind: 'server';
      /** Hosts and ports with the database, without credentials. */
      where: string;
      /** The URL for the server, and the one for migrations and commands, read again from its file if it has one. */
      url: () => string;
      directUrl: () => string;
    };

type DatabaseSettings = {
  databaseUrl: DatabaseUrl | undefined;
  databaseDirectUrl: DatabaseUrl | undefined;
  databaseHa: boolean;
  dataDirectory: string;
  maxTtl: number;
  workers: number;
  secret: string | undefined;
  redisUrl: string | undefined;
  s3: object | undefined;
};

/** With a longer TTL, the tables of payloads could not be emptied in turn. */
const maxTtlDays = 392;

/**
 * The database of the settings.
 *
 * @param readAgain Reads a setting again. Later reads that fail return the value of the start.
 * @throws SettingError if the other settings do not fit the database
 */
export function readDatabase(
  settings: DatabaseSettings,
  readAgain: (name: 'databaseUrl' | 'databaseDirectUrl') => DatabaseUrl | undefined,
): Database {
  const { databaseUrl: given, databaseDirectUrl: direct, dataDirectory } = settings;
  if (given?.kind !== 'server') {
    if (direct !== undefined) throw new SettingError('DATABASE_DIRECT_URL needs a postgres:// DATABASE_URL');
    if (settings.databaseHa) throw new SettingError('DATABASE_HA=true needs a postgres:// DATABASE_URL');
    if (settings.workers > 1)
      throw new SettingError(
        'WORKERS must be 1 with SQLite, where the processes would wait for each other: set a postgres:// DATABASE_URL',
      );
    return { kind: 'file', file: given?.file ?? join(dataDirectory, 'mayfly.db'), isDefault: !given };
  }
  const needed = { S3_ENDPOINT: settings.s3, SECRET: settings.secret, REDIS_URL: settings.redisUrl };
  const missing = Object.entries(needed).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (missing.length > 0)
    throw new SettingError(`a postgres:// DATABASE_URL also needs ${missing.join(' and ')}`);
  if (settings.maxTtl > maxTtlDays * 86_400_000)
    throw new SettingError(`MAX_TTL must not be longer than ${maxTtlDays}d with a postgres:// DATABASE_URL`);
  const { server } = given;
  const urlOf = (name: 'databaseUrl' | 'databaseDirectUrl', atStart: string) => () => {
    try {
      const again = readAgain(name);
      return again?.kind === 'server' ? again.server.url : atStart;
    } catch {
      return atStart;
    }
  };
  const url = urlOf('databaseUrl', server.url);
  if (direct === undefined) return { kind: 'server', where: server.where, url, directUrl: url };
  if (
    direct.kind !== 'server' ||
    direct.server.user !== server.user ||
    direct.server.database !== server.database
  )
    throw new SettingError('DATABASE_DIRECT_URL must name the user and the database of DATABASE_URL');
  return {
    kind: 'server',
    where: server.where,
    url,
    directUrl: urlOf('databaseDirectUrl', direct.server.url),
  };
}

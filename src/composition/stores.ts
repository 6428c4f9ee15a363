import { type Config, databaseFile } from '../config/index.ts';
import type { Stores } from '../core/ports/stores.ts';
import type { OutboxOptions } from '../core/ports/webhooks/outbox.ts';
import { cached } from '../stores/cached/index.ts';
import { SystemNames } from '../stores/names/system-names.ts';
import { openConnection } from '../stores/sqlite/database/connection.ts';
import { createSqliteStores } from '../stores/sqlite/index.ts';

/** Opens the database of the configuration and brings its schema up to date. */
export function openStores(config: Config, outbox: OutboxOptions): Stores {
  return cached(createSqliteStores(openConnection(databaseFile(config)), outbox));
}

/** Brings the schema of the database up to date without opening its stores. */
export function migrateDatabase(config: Config): void {
  openConnection(databaseFile(config)).raw.close();
}

/** The S3 client is large: it is loaded only if S3 is configured. */
export async function openS3(
  settings: NonNullable<Config['s3']>,
  { lookupForSocket: lookup }: SystemNames = new SystemNames(),
) {
  const { S3BlobStore } = await import('../stores/blobs/s3.ts');
  return new S3BlobStore({ ...settings, lookup });
}

import { type Config, databaseFile } from '../config/index.ts';
import type { OutboxOptions } from '../core/ports/outbox.ts';
import type { Stores } from '../core/ports/stores.ts';
import { openConnection } from '../stores/sqlite/database/connection.ts';
import { createSqliteStores } from '../stores/sqlite/index.ts';

/** Opens the database of the configuration and brings its schema up to date. */
export function openStores(config: Config, outbox: OutboxOptions): Stores {
  return createSqliteStores(openConnection(databaseFile(config)), outbox);
}

/** Brings the schema of the database up to date without opening its stores. */
export function migrateDatabase(config: Config): void {
  openConnection(databaseFile(config)).raw.close();
}

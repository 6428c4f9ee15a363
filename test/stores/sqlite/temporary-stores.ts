import { join } from 'node:path';
import { openConnection } from '../../../src/stores/sqlite/connection.ts';
import { createSqliteStores } from '../../../src/stores/sqlite/index.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

export type TemporaryStores = ReturnType<typeof openTemporaryStores>;

/** The SQLite stores over a new file, or over one that other stores have open too. */
export function openTemporaryStores(file = join(temporaryDirectory('sqlite'), 'mayfly.db')) {
  const connection = openConnection(file);
  return { ...createSqliteStores(connection), connection, file };
}

import { join } from 'node:path';
import { openConnection } from '../../../src/stores/sqlite/database/connection.ts';
import { createSqliteStores } from '../../../src/stores/sqlite/index.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

export type TemporaryStores = ReturnType<typeof openTemporaryStores>;

/**
 * The SQLite stores over a file of their own, or over one that other stores have open too. `entered` counts how often
 * they reported that a delivery is due.
 */
export function openTemporaryStores(file = join(temporaryDirectory('sqlite'), 'mayfly.db')) {
  const connection = openConnection(file);
  const entered = { times: 0 };
  const onEntered = () => {
    entered.times += 1;
  };
  return { ...createSqliteStores(connection, { onEntered }), connection, file, entered };
}

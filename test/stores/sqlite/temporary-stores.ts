import { afterAll } from 'bun:test';
import { join } from 'node:path';
import { openConnection } from '../../../src/stores/sqlite/database/connection.ts';
import { createSqliteStores } from '../../../src/stores/sqlite/index.ts';
import { inMemory, temporaryDirectory } from '../../support/temporary-directory.ts';

export type TemporaryStores = ReturnType<typeof openTemporaryStores>;

const open = new Set<{ close(): Promise<void> }>();

// Each has a thread with a connection of its own, which must not outlive the tests of the file.
afterAll(async () => {
  await Promise.all([...open].map((stores) => stores.close()));
});

/**
 * The SQLite stores over a file of their own, or over one that other stores have open too. `entered` counts how often
 * they reported that a delivery is due. They are closed after the last test of the file, if not before.
 */
export function openTemporaryStores(file = join(temporaryDirectory('sqlite', inMemory()), 'mayfly.db')) {
  const connection = openConnection(file);
  const entered = { times: 0 };
  const onEntered = () => {
    entered.times += 1;
  };
  const stores = createSqliteStores(connection, { onEntered });
  open.add(stores);
  const close = () => {
    open.delete(stores);
    return stores.close();
  };
  return { ...stores, close, connection, file, entered };
}

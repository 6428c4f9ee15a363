import type { Opened } from '../../ports/opened.ts';
import { openTemporaryStores, type TemporaryStores } from './temporary-stores.ts';

/** The SQLite stores over a file of their own. Each further opening is another connection, as of another process. */
export async function openSqliteStores(): Promise<Opened<TemporaryStores>> {
  const stores = openTemporaryStores();
  const all = [stores];
  return {
    stores,
    async openAgain() {
      const again = openTemporaryStores(stores.file);
      all.push(again);
      return again;
    },
    async close() {
      await Promise.all(all.map((each) => each.close()));
    },
  };
}

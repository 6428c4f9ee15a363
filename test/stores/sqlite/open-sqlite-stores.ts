import type { Open } from '../../ports/opened.ts';
import { openTemporaryStores, type TemporaryStores } from './temporary-stores.ts';

/**
 * Opens the SQLite stores over a new file. Each further opening is another connection, like that of another
 * process.
 */
export const openSqliteStores: Open<TemporaryStores> = openerOf((stores) => stores);

/** Opens the SQLite stores, and adds the result of `extend` to each connection. */
export function openerOf<Stores>(extend: (stores: TemporaryStores) => Stores): Open<Stores> {
  return async () => {
    const first = openTemporaryStores();
    const all = [first];
    return {
      stores: extend(first),
      async openAgain() {
        const again = openTemporaryStores(first.file);
        all.push(again);
        return extend(again);
      },
      async close() {
        await Promise.all(all.map((each) => each.close()));
      },
    };
  };
}

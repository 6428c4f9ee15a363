import { cached } from '../../../src/stores/cached/index.ts';
import { openerOf } from '../sqlite/open-sqlite-stores.ts';
import type { TemporaryStores } from '../sqlite/temporary-stores.ts';

/** Puts caches over temporary stores. */
export function withCaches(stores: TemporaryStores) {
  return { ...stores, ...cached(stores) };
}

/** Opens SQLite stores with caches. Each further opening is another connection with caches of its own. */
export const openCachedStores = openerOf(withCaches);

import { GroupCommit } from '../../../src/stores/sqlite/group-commit.ts';
import type { OpenedSubscriptionStore } from '../../ports/subscription-scene.ts';
import { openTemporaryStores } from './temporary-stores.ts';

/** The stores over a file of their own, and the announcement that is otherwise part of an object's write. */
export function openSubscriptionStore(): OpenedSubscriptionStore {
  const stores = openTemporaryStores();
  const writes = new GroupCommit(stores.connection.raw);
  return {
    ...stores,
    announce: (...announcement) => writes.atomic(() => stores.webhooks.announceWithin(...announcement)),
  };
}

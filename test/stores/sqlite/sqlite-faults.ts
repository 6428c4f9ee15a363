import type { Faults } from '../../ports/inventory-faults.contract.ts';
import type { TemporaryStores } from './temporary-stores.ts';

/** Changes the tables of a SQLite database directly. */
export function faultsIn({ connection: { raw } }: TemporaryStores): Faults {
  return {
    async addToAccount(
      accountId,
      { storedBytes = 0, storedObjects = 0, reservedBytes = 0, reservedObjects = 0 },
    ) {
      raw
        .prepare(
          `UPDATE accounts SET stored_bytes = stored_bytes + ?, stored_objects = stored_objects + ?,
           reserved_bytes = reserved_bytes + ?, reserved_objects = reserved_objects + ? WHERE id = ?`,
        )
        .run(storedBytes, storedObjects, reservedBytes, reservedObjects, accountId);
    },
    async addToBucket(bucketId, objects, bytes) {
      raw
        .prepare(
          'UPDATE buckets SET object_count = object_count + ?, size_bytes = size_bytes + ? WHERE id = ?',
        )
        .run(objects, bytes, bucketId);
    },
    async addToBlobs(bytes) {
      raw.prepare('UPDATE storage_usage SET blob_bytes = blob_bytes + ?').run(bytes);
    },
    async addToAnonymous(bytes) {
      raw.prepare('UPDATE storage_usage SET stranger_bytes = stranger_bytes + ?').run(bytes);
    },
    async moveParts(fromId, toId) {
      raw.prepare('UPDATE parts SET owner_id = ? WHERE owner_id = ? AND number > 1').run(toId, fromId);
    },
  };
}

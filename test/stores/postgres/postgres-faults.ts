import { type Statement, unprepared } from '../../../src/stores/postgres/database/sql.ts';
import type { Faults } from '../../ports/inventory-faults.contract.ts';
import type { TemporaryStores } from './open-postgres-stores.ts';

/** Changes the tables of a PostgreSQL database directly. */
export function faultsIn({ sql }: Pick<TemporaryStores, 'sql'>): Faults {
  const change = async (statement: Statement, values: unknown[]) => {
    await sql.write(statement, values);
  };
  return {
    addToAccount: (
      accountId,
      { storedBytes = 0, storedObjects = 0, reservedBytes = 0, reservedObjects = 0 },
    ) => change(addToAccount, [accountId, storedBytes, storedObjects, reservedBytes, reservedObjects]),
    addToBucket: (bucketId, objects, bytes) => change(addToBucket, [bucketId, objects, bytes]),
    addToBlobs: (bytes) => change(addToCounters, [bytes, 0]),
    addToAnonymous: (bytes) => change(addToCounters, [0, bytes]),
    moveParts: (fromId, toId) => change(moveParts, [fromId, toId]),
  };
}

const addToAccount = unprepared(
  `UPDATE accounts SET stored_bytes = stored_bytes + $2, stored_objects = stored_objects + $3,
     reserved_bytes = reserved_bytes + $4, reserved_objects = reserved_objects + $5 WHERE id = $1`,
);
const addToBucket = unprepared(
  'UPDATE buckets SET object_count = object_count + $2, size_bytes = size_bytes + $3 WHERE id = $1',
);
const addToCounters = unprepared(
  `INSERT INTO storage_counters AS counters (leaf, shard, inline_bytes, inline_rows, blob_bytes, anonymous_bytes)
   VALUES (64, 0, 0, 0, $1, $2)
   ON CONFLICT (leaf, shard) DO UPDATE SET blob_bytes = counters.blob_bytes + $1,
     anonymous_bytes = counters.anonymous_bytes + $2`,
);
const moveParts = unprepared('UPDATE parts SET owner_id = $2 WHERE owner_id = $1 AND number > 1');

import { Checkpointer } from './checkpointer.ts';
import type { Connection } from './connection.ts';
import { GroupCommit } from './group-commit.ts';
import { SqliteIdempotencyStore } from './idempotency.ts';
import { SqliteBlobJournal } from './journal.ts';
import { SqlitePayloadStore } from './payloads.ts';
import { SqliteStorageMeter } from './storage-meter.ts';
import { SqliteUpkeep } from './upkeep.ts';

/** All stores that live in one SQLite file, over one connection and one queue of writers. */
export function createSqliteStores(connection: Connection) {
  const checkpointer = new Checkpointer(connection.raw);
  const writes = new GroupCommit(connection.raw, (totalChanges) => checkpointer.changed(totalChanges));
  const journal = new SqliteBlobJournal(connection, writes);
  const idempotency = new SqliteIdempotencyStore(connection, writes);
  const meter = new SqliteStorageMeter(connection);
  return {
    payloads: new SqlitePayloadStore(connection, writes, journal, idempotency, meter),
    journal,
    idempotency,
    meter,
    upkeep: new SqliteUpkeep(connection, checkpointer),
    writeCounts: writes.counts,
    ping: async () => void connection.raw.prepare('SELECT 1').get(),
    close: async () => {
      await checkpointer.close();
      connection.raw.close();
    },
  };
}

export type SqliteStores = ReturnType<typeof createSqliteStores>;

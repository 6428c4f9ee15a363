import { sql } from 'drizzle-orm';
import type { StorageMeter, StorageUsage } from '../../core/ports/storage-meter.ts';
import type { Connection } from './connection.ts';
import { storageUsage } from './schema/index.ts';

export class SqliteStorageMeter implements StorageMeter {
  readonly #connection: Connection;
  readonly #statements;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#statements = prepareStatements(connection);
  }

  /** Adds to (or takes from) the bytes of all blobs within the caller's transaction. */
  addWithin(bytes: number): void {
    this.#statements.add.run({ bytes });
  }

  /** Pages on the free list do not count: new content goes there first. */
  async usage(): Promise<StorageUsage> {
    const { raw } = this.#connection;
    const pragma = (name: string) => raw.pragma(name, { simple: true }) as number;
    const usedPages = pragma('page_count') - pragma('freelist_count');
    return {
      databaseBytes: usedPages * pragma('page_size'),
      blobBytes: this.#statements.find.get()?.blobBytes ?? 0,
    };
  }
}

function prepareStatements({ database }: Connection) {
  const bytes = sql.placeholder('bytes');
  return {
    find: database.select({ blobBytes: storageUsage.blobBytes }).from(storageUsage).prepare(),
    add: database
      .insert(storageUsage)
      .values({ id: 1, blobBytes: bytes })
      .onConflictDoUpdate({
        target: storageUsage.id,
        set: { blobBytes: sql`${storageUsage.blobBytes} + ${bytes}` },
      })
      .prepare(),
  };
}

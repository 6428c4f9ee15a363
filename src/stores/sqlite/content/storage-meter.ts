import { sql } from 'drizzle-orm';
import type {
  AnonymousMeter,
  StorageMeter,
  StorageUsage,
} from '../../../core/ports/content/storage-meter.ts';
import type { AnonymousBook } from '../accounts/anonymous-book.ts';
import type { Connection } from '../database/connection.ts';
import type { Transaction } from '../database/transaction.ts';
import { storageUsage } from '../schema/index.ts';

export class SqliteStorageMeter implements StorageMeter, AnonymousMeter {
  readonly #connection: Connection;
  readonly #anonymousBook: AnonymousBook;
  readonly #statements;

  constructor(connection: Connection, anonymousBook: AnonymousBook) {
    this.#connection = connection;
    this.#anonymousBook = anonymousBook;
    this.#statements = prepareStatements(connection);
  }

  /** Adds to the bytes of all blobs; a negative number subtracts. */
  add(_tx: Transaction, bytes: number): void {
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

  async anonymousBytes(): Promise<number> {
    return this.#statements.anonymousBytes.get() ?? 0;
  }

  async isAnonymous(accountId: string): Promise<boolean> {
    return this.#anonymousBook.has(accountId);
  }
}

function prepareStatements({ database, raw }: Connection) {
  const bytes = sql.placeholder('bytes');
  return {
    find: database.select({ blobBytes: storageUsage.blobBytes }).from(storageUsage).prepare(),
    anonymousBytes: raw.prepare<[], number>('SELECT stranger_bytes FROM storage_usage').pluck(),
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

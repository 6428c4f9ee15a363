import { and, eq, inArray, sql } from 'drizzle-orm';
import type { PlacedContent } from '../../core/ports/content.ts';
import type { ObjectDescription } from '../../core/ports/object-store.ts';
import type { Connection } from './connection.ts';
import type { SqliteBlobJournal } from './journal.ts';
import { accounts, parts } from './schema.ts';
import type { SqliteStorageMeter } from './storage-meter.ts';

const { placeholder } = sql;

/** What a row says of its bytes, when it goes. */
export type Released = { id: string; blobKey: string | null; size: number; isInParts: boolean };

/** How the usage of an account changes. */
export type Booking = {
  accountId: string;
  storedBytes?: number;
  storedObjects?: number;
  reservedBytes?: number;
  reservedObjects?: number;
};

/** What objects and uploads have in common: bytes that come and go with their rows, and an account that pays. */
export class ObjectRows {
  readonly #database: Connection['database'];
  readonly #journal: SqliteBlobJournal;
  readonly #meter: SqliteStorageMeter;
  readonly #statements;

  constructor(connection: Connection, journal: SqliteBlobJournal, meter: SqliteStorageMeter) {
    this.#database = connection.database;
    this.#journal = journal;
    this.#meter = meter;
    this.#statements = prepareStatements(connection);
  }

  /**
   * Takes placed content's blob out of the journal, for a row to show it. @returns False where its record is
   * gone: the row must not be made.
   */
  takeWithin({ content, size }: PlacedContent): boolean {
    if (content.kind === 'inline') return true;
    if (!this.#journal.publishWithin(content.key)) return false;
    this.#meter.addWithin(size);
    return true;
  }

  /** Hands the bytes of a row that goes to the journal. */
  releaseWithin({ id, blobKey, size, isInParts }: Released, now: number): void {
    if (isInParts) this.releasePartsWithin(id, now);
    if (blobKey === null) return;
    this.#journal.discardWithin(blobKey, now);
    this.#meter.addWithin(-size);
  }

  /** Hands all parts of an owner to the journal, or those of these numbers. */
  releasePartsWithin(ownerId: string, now: number, numbers?: number[]): void {
    const isOne = numbers && inArray(parts.number, numbers);
    const released = this.#database
      .delete(parts)
      .where(and(eq(parts.ownerId, ownerId), isOne))
      .returning({ blobKey: parts.blobKey, size: parts.size })
      .all();
    for (const { blobKey } of released) this.#journal.discardWithin(blobKey, now);
    if (released.length > 0) this.#meter.addWithin(-released.reduce((sum, { size }) => sum + size, 0));
  }

  bookWithin({
    storedBytes = 0,
    storedObjects = 0,
    reservedBytes = 0,
    reservedObjects = 0,
    accountId,
  }: Booking): void {
    this.#statements.book.run({ accountId, storedBytes, storedObjects, reservedBytes, reservedObjects });
  }

  /** What an account holds and has reserved, as this transaction sees it. */
  usageWithin(accountId: string): { bytes: number; objects: number } | undefined {
    return this.#statements.usage.get({ accountId });
  }
}

/** What of a description is a column; the names are the schema's. */
export function descriptionOf(row: ObjectDescription): ObjectDescription {
  const { bucketId, accountId, key, publicId, name, mediaType, isPublic, prefix, metadata, tags } = row;
  return { bucketId, accountId, key, publicId, name, mediaType, isPublic, prefix, metadata, tags };
}

/** Where placed content is, as columns. */
export function contentColumns({ content, isText }: PlacedContent) {
  return {
    content: content.kind === 'inline' ? content.data : null,
    blobKey: content.kind === 'blob' ? content.key : null,
    isText,
  };
}

function prepareStatements({ database }: Connection) {
  const added = (column: keyof Omit<Booking, 'accountId'>) =>
    sql`${accounts[column]} + ${placeholder(column)}`;
  return {
    book: database
      .update(accounts)
      .set({
        storedBytes: added('storedBytes'),
        storedObjects: added('storedObjects'),
        reservedBytes: added('reservedBytes'),
        reservedObjects: added('reservedObjects'),
      })
      .where(eq(accounts.id, placeholder('accountId')))
      .prepare(),
    usage: database
      .select({
        bytes: sql<number>`${accounts.storedBytes} + ${accounts.reservedBytes}`,
        objects: sql<number>`${accounts.storedObjects} + ${accounts.reservedObjects}`,
      })
      .from(accounts)
      .where(eq(accounts.id, placeholder('accountId')))
      .prepare(),
  };
}

import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import { writtenObject } from '../../../core/buckets/written-object.ts';
import { bucketNotFound } from '../../../core/failure.ts';
import type { StoredBucket } from '../../../core/ports/buckets/bucket-store.ts';
import type { EventFactory, StoredObject } from '../../../core/ports/buckets/object-store.ts';
import type { NewObject, WriteOptions, Written } from '../../../core/ports/buckets/object-writes.ts';
import { objectRowKey } from '../../../core/ports/changes.ts';
import type { Connection } from '../database/connection.ts';
import type { Transaction } from '../database/transaction.ts';
import type { ObjectRows, Place } from '../files/object-rows.ts';
import type { SqliteOutbox } from '../outbox/outbox.ts';
import { objects } from '../schema/index.ts';

const { placeholder } = sql;

/** The row under a key, expired or not. */
export type ObjectRow = Omit<typeof objects.$inferSelect, 'n'> & { position: string };

/** The row number as the opaque position of the ports. */
export const position = sql<string>`CAST(${objects.n} AS TEXT)`;

type ObjectReplacementDeps = {
  connection: Connection;
  rows: ObjectRows;
  outbox: SqliteOutbox;
};

/** Inserts, replaces and removes the objects of keys, with their content, usage and events. */
export class ObjectReplacement {
  readonly #deps: ObjectReplacementDeps;
  readonly #statements;

  constructor(deps: ObjectReplacementDeps) {
    this.#deps = deps;
    this.#statements = prepareStatements(deps.connection);
  }

  find(_tx: Transaction, bucketId: string, key: string): ObjectRow | undefined {
    // Most keys are new, and the query builder costs more than this check.
    const exists = this.#statements.exists.get(bucketId, key) !== undefined;
    return exists ? this.#statements.find.get({ bucketId, key }) : undefined;
  }

  /** @throws Failure `bucket_not_found` */
  requireBucket(_tx: Transaction, bucketId: string): void {
    if (this.#statements.bucket.get(bucketId) === undefined) throw bucketNotFound();
  }

  /**
   * Replaces the object of a key, and books the difference.
   *
   * @throws Failure `bucket_not_found`: the caller must undo the transaction
   */
  replace(
    tx: Transaction,
    object: NewObject,
    row: ObjectRow | undefined,
    place: Place,
    size: number,
    { events, expiredEvents }: Pick<WriteOptions<unknown>, 'events' | 'expiredEvents'>,
  ): Written {
    const { bucket, at } = object;
    const replaced = row && !hasExpired(row, at) ? row : undefined;
    const bytes = size - (row?.size ?? 0);
    const count = row ? 0 : 1;
    this.#book(tx, bucket, bytes, count);
    if (row) this.#delete(tx, row, at);
    if (row && !replaced) this.#announce(tx, bucket, storedObject(row), expiredEvents);
    const stored = this.#insert(tx, object, place, size, replaced?.createdAt ?? at);
    this.#announce(tx, bucket, stored, events);
    return { object: stored, isNew: replaced === undefined };
  }

  /** Removes an object and books it. Objects of a bucket without a name (files) cause no event here. */
  remove(
    tx: Transaction,
    bucket: BucketOfRow,
    row: ObjectRow,
    now: number,
    events: EventFactory | undefined,
  ): void {
    this.#book(tx, bucket, -row.size, -1);
    this.#delete(tx, row, now);
    if (events) this.#announce(tx, bucket, storedObject(row), events);
  }

  #book(
    tx: Transaction,
    { id, accountId, name }: BucketOfRow,
    storedBytes: number,
    storedObjects: number,
  ): void {
    this.#deps.rows.usage.book(tx, { accountId, storedBytes, storedObjects }, name === null ? undefined : id);
  }

  #delete(tx: Transaction, row: ObjectRow, now: number): void {
    const { id, accountId, contentN, blobKey, size } = row;
    this.#statements.remove.run(Number(row.position));
    tx.changed('objects', objectRowKey(row.bucketId, row.key));
    const isInParts = contentN === null && blobKey === null;
    this.#deps.rows.release(tx, { id, accountId, contentN, blobKey, size, isInParts }, now);
  }

  #insert(_tx: Transaction, object: NewObject, place: Place, size: number, createdAt: number): StoredObject {
    const { bucket, at, id, key, mediaType, contentEncoding, digest, etag, expiresAt } = object;
    const { isText } = place;
    const stored = writtenObject(object, { size, isText, createdAt });
    const { lastInsertRowid } = this.#insertRow(
      id,
      bucket.id,
      bucket.accountId,
      key,
      mediaType,
      stored.metadata && JSON.stringify(stored.metadata),
      place.contentN,
      place.blobKey,
      isText ? 1 : 0,
      size,
      etag,
      digest,
      createdAt,
      at,
      expiresAt,
      contentEncoding,
    );
    return { ...stored, position: String(lastInsertRowid) };
  }

  /** The bucket may have been removed: the foreign key then fails. */
  #insertRow(...values: unknown[]) {
    try {
      return this.#statements.insert.run(...values);
    } catch (error) {
      if ((error as { code?: string }).code === 'SQLITE_CONSTRAINT_FOREIGNKEY') throw bucketNotFound();
      throw error;
    }
  }

  #announce(tx: Transaction, bucket: BucketOfRow, object: StoredObject, events: EventFactory): void {
    const { name, accountId } = bucket;
    if (name === null) return;
    for (const event of events(name, object)) this.#deps.outbox.announce(tx, accountId, event);
  }
}

/** A bucket; one without a name holds the files of an account. */
type BucketOfRow = Pick<StoredBucket, 'id' | 'accountId'> & { name: string | null };

export function hasExpired({ expiresAt }: ObjectRow, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/** The object of a row, unless it has expired. */
export function liveObject(row: ObjectRow | undefined, now: number): StoredObject | undefined {
  return row && !hasExpired(row, now) ? storedObject(row) : undefined;
}

/** The object of a row, without its content. */
export function storedObject({ contentN: _contentN, blobKey: _blobKey, ...object }: ObjectRow): StoredObject {
  return object;
}

function prepareStatements({ database, raw }: Connection) {
  const { n: _n, ...columns } = getTableColumns(objects);
  return {
    bucket: raw.prepare('SELECT 1 FROM buckets WHERE id = ?').pluck(),
    exists: raw.prepare('SELECT 1 FROM objects WHERE bucket_id = ? AND key = ?').pluck(),
    find: database
      .select({ position, ...columns })
      .from(objects)
      .where(and(eq(objects.bucketId, placeholder('bucketId')), eq(objects.key, placeholder('key'))))
      .prepare(),
    // Without the query builder: its mapping costs more than the insert.
    insert: raw.prepare(
      `INSERT INTO objects (id, bucket_id, account_id, key, mime_type, metadata, content_n, blob_key, is_text,
        size, etag, digest, created_at, updated_at, expires_at, content_encoding, is_public, downloads)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)`,
    ),
    remove: raw.prepare('DELETE FROM objects WHERE n = ?'),
  };
}

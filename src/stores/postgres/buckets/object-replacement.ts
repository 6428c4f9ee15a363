import { writtenObject } from '../../../core/buckets/written-object.ts';
import { bucketNotFound } from '../../../core/failure.ts';
import type { StoredBucket } from '../../../core/ports/buckets/bucket-store.ts';
import type { EventFactory, StoredObject } from '../../../core/ports/buckets/object-store.ts';
import type { NewObject, WriteOptions, Written } from '../../../core/ports/buckets/object-writes.ts';
import { objectRowKey } from '../../../core/ports/changes.ts';
import { Conflict, violatesForeignKey } from '../database/errors.ts';
import { prepared } from '../database/sql.ts';
import type { Transaction } from '../database/transaction.ts';
import type { ObjectRows, Place } from '../files/object-rows.ts';
import { type ObjectRow, parsed, rowColumns, type Selected, storedObject } from '../files/stored-rows.ts';
import type { AccountEvent, PostgresOutbox } from '../outbox/outbox.ts';

/** A bucket; one without a name holds the files of an account. */
type BucketOfRow = Pick<StoredBucket, 'id' | 'accountId'> & { name: string | null };

/** A locked row to remove. Objects of a bucket without a name (files) cause no event here. */
type Removal = { bucket: BucketOfRow; row: ObjectRow; events: EventFactory | undefined };

/** Inserts, replaces and removes the objects of keys, with their content, usage and events. */
export class ObjectReplacement {
  readonly #rows: ObjectRows;
  readonly #outbox: PostgresOutbox;

  constructor(rows: ObjectRows, outbox: PostgresOutbox) {
    this.#rows = rows;
    this.#outbox = outbox;
  }

  /** The row under a key, which no other transaction can then change. Undefined does not keep others from adding one. */
  async find(tx: Transaction, bucketId: string, key: string): Promise<ObjectRow | undefined> {
    const row = await tx.first<Selected<ObjectRow>>(findRow, [bucketId, key]);
    return row && parsed<ObjectRow>(row);
  }

  /** The rows under these keys, each like `find`, in the byte order of the keys. */
  async findAll(tx: Transaction, bucketId: string, keys: string[]): Promise<ObjectRow[]> {
    const rows = await tx.all<Selected<ObjectRow>>(findRows, [bucketId, keys]);
    return rows.map((row) => parsed<ObjectRow>(row));
  }

  /** @throws Failure `bucket_not_found` */
  async requireBucket(tx: Transaction, bucketId: string): Promise<void> {
    if ((await tx.first(findBucket, [bucketId])) === undefined) throw bucketNotFound();
  }

  /**
   * Replaces the object of a key, and books the difference.
   *
   * @param row What `find` returned.
   * @throws Failure `bucket_not_found`: the caller must undo the transaction
   */
  async replace(
    tx: Transaction,
    object: NewObject,
    row: ObjectRow | undefined,
    place: Place,
    size: number,
    { events, expiredEvents }: Pick<WriteOptions<unknown>, 'events' | 'expiredEvents'>,
  ): Promise<Written> {
    const { bucket, at } = object;
    const replaced = row && !hasExpired(row, at) ? row : undefined;
    this.#book(tx, bucket, size - (row?.size ?? 0), row ? 0 : 1);
    // The lock of the row orders the events of concurrent writes, so the row is written before they are entered.
    const stored = await this.#write(tx, object, row, place, size, replaced?.createdAt ?? at);
    if (row) await this.#release(tx, [row], at);
    const expired = row && !replaced ? eventsOf(bucket, storedObject(row), expiredEvents) : [];
    await this.#outbox.announceAll(tx, [...expired, ...eventsOf(bucket, stored, events)]);
    return { object: stored, isNew: replaced === undefined };
  }

  /** Removes objects and books them. Their events are entered in the order of the removals. */
  async remove(tx: Transaction, removals: Removal[], now: number): Promise<void> {
    if (removals.length === 0) return;
    for (const { bucket, row } of removals) this.#book(tx, bucket, -row.size, -1);
    const rows = removals.map(({ row }) => row);
    await tx.run(removeRows, [rows.map(({ position }) => position)]);
    await this.#release(tx, rows, now);
    const announced = removals.flatMap(({ bucket, row, events }) =>
      events ? eventsOf(bucket, storedObject(row), events) : [],
    );
    await this.#outbox.announceAll(tx, announced);
  }

  #book(
    tx: Transaction,
    { id, accountId, name }: BucketOfRow,
    storedBytes: number,
    storedObjects: number,
  ): void {
    tx.books.book({ accountId, storedBytes, storedObjects }, name === null ? undefined : id);
  }

  /** Releases the content of rows that are deleted or replaced. */
  async #release(tx: Transaction, rows: ObjectRow[], now: number): Promise<void> {
    for (const { bucketId, key } of rows) tx.changed('objects', objectRowKey(bucketId, key));
    const released = rows.map(({ id, accountId, contentN, blobKey, size }) => {
      const isInParts = contentN === null && blobKey === null;
      return { id, accountId, contentN, blobKey, size, isInParts };
    });
    await this.#rows.releaseAll(tx, released, now);
  }

  async #write(
    tx: Transaction,
    object: NewObject,
    current: ObjectRow | undefined,
    place: Place,
    size: number,
    createdAt: number,
  ): Promise<StoredObject> {
    const { bucket, at, id, key, mediaType, contentEncoding, digest, etag, expiresAt } = object;
    const { contentN, blobKey, isText } = place;
    const stored = writtenObject(object, { size, isText, createdAt });
    const values = [
      id,
      mediaType,
      contentEncoding,
      stored.metadata && JSON.stringify(stored.metadata),
      contentN,
      blobKey,
      isText,
      size,
      etag,
      digest,
      createdAt,
      at,
      expiresAt,
    ];
    const writing = current
      ? tx.first<{ position: string }>(updateRow, [...values, current.position])
      : tx.first<{ position: string }>(insertRow, [...values, bucket.id, bucket.accountId, key]);
    const written = await writing.catch((error: unknown) => {
      // The bucket has been removed.
      throw violatesForeignKey(error) ? bucketNotFound() : error;
    });
    // Another transaction added the key after `find`.
    if (written === undefined) throw new Conflict();
    return { ...stored, position: written.position };
  }
}

/** The events of an object in a named bucket. */
function eventsOf(
  { name, accountId }: BucketOfRow,
  object: StoredObject,
  events: EventFactory,
): AccountEvent[] {
  return name === null ? [] : events(name, object).map((event) => ({ accountId, event }));
}

export function hasExpired({ expiresAt }: ObjectRow, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/** The object of a row, unless it has expired. */
export function liveObject(row: ObjectRow | undefined, now: number): StoredObject | undefined {
  return row && !hasExpired(row, now) ? storedObject(row) : undefined;
}

const findBucket = prepared('SELECT 1 FROM buckets WHERE id = $1');
const findRow = prepared(`SELECT ${rowColumns} FROM objects WHERE bucket_id = $1 AND key = $2 FOR UPDATE`);
// All transactions lock several objects in the order of their keys.
const findRows = prepared(
  `SELECT ${rowColumns} FROM objects WHERE bucket_id = $1 AND key = ANY($2::text[]) ORDER BY key FOR UPDATE`,
);
const insertRow = prepared(
  `INSERT INTO objects (id, mime_type, content_encoding, metadata, content_n, blob_key, is_text, size, etag, digest,
     created_at, updated_at, expires_at, bucket_id, account_id, key, is_public, downloads)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, false, 0)
   ON CONFLICT (bucket_id, key) DO NOTHING RETURNING n::text AS position`,
);
// The same row, with a new number: a transaction that waits for its lock finds the new object. It would miss a row that
// was inserted in place of a deleted one.
const updateRow = prepared(
  `UPDATE objects SET n = DEFAULT, id = $1, mime_type = $2, content_encoding = $3, metadata = $4, content_n = $5, blob_key = $6,
     is_text = $7, size = $8, etag = $9, digest = $10, created_at = $11, updated_at = $12, expires_at = $13,
     downloads = 0, last_download_at = NULL
   WHERE n = $14 RETURNING n::text AS position`,
);
const removeRows = prepared('DELETE FROM objects WHERE n = ANY($1::int8[])');

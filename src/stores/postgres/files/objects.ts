import type {
  EventFactory,
  ObjectFilter,
  ObjectStore,
  ReadObject,
  StoredObject,
} from '../../../core/ports/buckets/object-store.ts';
import { objectRowKey } from '../../../core/ports/changes.ts';
import type { ContentPart, ObjectContent } from '../../../core/ports/content/content.ts';
import type { Swept } from '../../../core/ports/swept.ts';
import type { ObjectReplacement } from '../buckets/object-replacement.ts';
import { prepared, type Statement, type Values } from '../database/sql.ts';
import type { Writes } from '../database/writes.ts';
import type { ObjectRows, Released } from './object-rows.ts';
import { type ObjectRow, objectColumns, parsed, rowColumns, type Selected } from './stored-rows.ts';

type PostgresObjectStoreDeps = { writes: Writes; rows: ObjectRows; replacement: ObjectReplacement };

export class PostgresObjectStore implements ObjectStore {
  readonly #deps: PostgresObjectStoreDeps;

  constructor(deps: PostgresObjectStoreDeps) {
    this.#deps = deps;
  }

  async find(bucketId: string, id: string): Promise<StoredObject | undefined> {
    return (await this.#select(findById, [bucketId, id]))[0];
  }

  async findByKey(bucketId: string, key: string): Promise<StoredObject | undefined> {
    return (await this.#select(findByKey, [bucketId, key]))[0];
  }

  async read(bucketId: string, key: string): Promise<ReadObject | undefined> {
    const [row] = await this.#deps.writes.sql.read<Selected<StoredObject> & Placed>(readByKey, [
      bucketId,
      key,
    ]);
    if (row === undefined) return undefined;
    const { blobKey, data, parts, ...object } = row;
    return { object: parsed<StoredObject>(object), content: contentOf({ blobKey, data, parts }) };
  }

  listByKey(
    bucketId: string,
    from: string,
    before: string | undefined,
    now: number,
    limit: number,
  ): Promise<StoredObject[]> {
    const values = [bucketId, withoutNul(from), now, limit];
    return before === undefined
      ? this.#select(listByKey, values)
      : this.#select(listByKeyBefore, [...values, withoutNul(before)]);
  }

  async findPublic(publicId: string): Promise<StoredObject | undefined> {
    return (await this.#select(findPublic, [publicId]))[0];
  }

  async content(id: string): Promise<ObjectContent | undefined> {
    const [row] = await this.#deps.writes.sql.read<Placed>(contentById, [id]);
    return row && contentOf(row);
  }

  async list(
    bucketId: string,
    { before, prefix, tag }: ObjectFilter,
    now: number,
    limit: number,
  ): Promise<StoredObject[]> {
    // No text in the database has a NUL, and none can be compared with it.
    if (prefix?.includes('\0') || tag?.includes('\0')) return [];
    return this.#select(listNewest, [bucketId, now, limit, before, prefix, tag]);
  }

  remove(id: string, now: number): Promise<boolean> {
    return this.#deps.writes.atomic(async (tx) => {
      const removed = await tx.first<RemovedRow>(removeById, [id, now]);
      if (removed === undefined) return false;
      const { accountId, bucketId, key, size } = removed;
      tx.changed('objects', objectRowKey(bucketId, key));
      tx.books.book({ accountId, storedBytes: -size, storedObjects: -1 });
      await this.#deps.rows.release(tx, removed, now);
      return true;
    });
  }

  async addDownloads(downloads: { id: string; count: number; lastDownloadAt: number }[]): Promise<void> {
    await this.#deps.writes.single(addDownloads, [
      downloads.map(({ id }) => id),
      downloads.map(({ count }) => count),
      downloads.map(({ lastDownloadAt }) => lastDownloadAt),
    ]);
  }

  expire(now: number, budget: number, events?: EventFactory): Promise<Swept> {
    return this.#deps.writes.atomic(async (tx) => {
      const expired = await tx.all<Selected<ObjectRow> & { bucketName: string | null }>(lockExpired, [
        now,
        budget,
      ]);
      const removals = expired.map(({ bucketName, ...row }) => ({
        bucket: { id: row.bucketId, accountId: row.accountId, name: bucketName },
        row: parsed<ObjectRow>(row),
        events,
      }));
      await this.#deps.replacement.remove(tx, removals, now);
      return { removed: expired.length, isDone: expired.length < budget };
    });
  }

  async earliestExpiry(): Promise<number | undefined> {
    const [row] = await this.#deps.writes.sql.read<{ expiresAt: number }>(earliestExpiry);
    return row?.expiresAt;
  }

  async #select(statement: Statement, values: Values): Promise<StoredObject[]> {
    const rows = await this.#deps.writes.sql.read<Selected<StoredObject>>(statement, values);
    return rows.map((row) => parsed<StoredObject>(row));
  }
}

/** The content of a row: in a blob, inline, or (if both are null) in parts; null stands for no parts. */
type Placed = { blobKey: string | null; data: Uint8Array | null; parts: ContentPart[] | null };

function contentOf({ blobKey, data, parts }: Placed): ObjectContent {
  if (blobKey !== null) return { kind: 'blob', key: blobKey };
  return data === null ? { kind: 'parts', parts: parts ?? [] } : { kind: 'inline', data };
}

type RemovedRow = Released & { accountId: string; bucketId: string; key: string };

/**
 * A bound that selects the same keys as a bound with NUL, which PostgreSQL refuses: no key contains a control character.
 */
function withoutNul(bound: string): string {
  const end = bound.indexOf('\0');
  return end === -1 ? bound : `${bound.slice(0, end)}\u0001`;
}

/** @param now The number of the parameter. */
function isLive(now: number): string {
  return `(objects.expires_at IS NULL OR objects.expires_at > $${now})`;
}

const selectObjects = `SELECT ${objectColumns} FROM objects`;
const findById = prepared(`${selectObjects} WHERE bucket_id = $1 AND id = $2`);
const findByKey = prepared(`${selectObjects} WHERE bucket_id = $1 AND key = $2`);
const findPublic = prepared(`${selectObjects} WHERE public_id = $1`);
const inOrder = (where: string) =>
  prepared(
    `${selectObjects} WHERE bucket_id = $1 AND key >= $2 ${where} AND ${isLive(3)} ORDER BY key LIMIT $4`,
  );
const listByKey = inOrder('');
const listByKeyBefore = inOrder('AND key < $5');
const listNewest = prepared(
  `${selectObjects}
   WHERE bucket_id = $1 AND public_id IS NOT NULL AND ${isLive(2)} AND n < coalesce($4, ${Number.MAX_SAFE_INTEGER})
     AND ($5::text IS NULL OR starts_with(prefix, $5)) AND ($6::text IS NULL OR $6 = ANY(tags))
   ORDER BY n DESC LIMIT $3`,
);

const placedColumns = `objects.blob_key AS "blobKey", contents.data,
  CASE WHEN objects.content_n IS NULL AND objects.blob_key IS NULL THEN
    (SELECT json_agg(json_build_object('key', blob_key, 'size', size) ORDER BY number)
     FROM parts WHERE owner_id = objects.id)
  END AS parts`;
const withContent = 'objects LEFT JOIN contents ON contents.n = objects.content_n';
const readByKey = prepared(
  `SELECT ${objectColumns}, ${placedColumns} FROM ${withContent} WHERE bucket_id = $1 AND key = $2`,
);
const contentById = prepared(`SELECT ${placedColumns} FROM ${withContent} WHERE objects.id = $1`);

const removeById = prepared(
  `DELETE FROM objects WHERE id = $1 AND ${isLive(2)}
   RETURNING id, account_id AS "accountId", bucket_id AS "bucketId", key, size, content_n AS "contentN",
     blob_key AS "blobKey", content_n IS NULL AND blob_key IS NULL AS "isInParts"`,
);
const addDownloads = prepared(
  `UPDATE objects SET downloads = objects.downloads + downloaded.count,
     last_download_at = greatest(objects.last_download_at, downloaded.at)
   FROM (
     SELECT objects.n, given.count, given.at
     FROM unnest($1::text[], $2::int8[], $3::int8[]) AS given (id, count, at)
     JOIN objects ON objects.id = given.id
     ORDER BY objects.bucket_id, objects.key FOR UPDATE OF objects
   ) AS downloaded
   WHERE objects.n = downloaded.n`,
);
// An object that another transaction replaces or removes at this moment is not this sweep's.
const lockExpired = prepared(
  `SELECT ${rowColumns}, buckets.name AS "bucketName"
   FROM objects JOIN buckets ON buckets.id = objects.bucket_id
   WHERE objects.expires_at <= $1 ORDER BY objects.expires_at LIMIT $2 FOR UPDATE OF objects SKIP LOCKED`,
);
const earliestExpiry = prepared(
  `SELECT expires_at AS "expiresAt" FROM objects WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT 1`,
);

import type {
  BucketChanges,
  BucketStore,
  BucketWithUsage,
  StoredBucket,
} from '../../../core/ports/buckets/bucket-store.ts';
import type { EventFactory } from '../../../core/ports/buckets/object-store.ts';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import { Conflict } from '../database/errors.ts';
import { prepared } from '../database/sql.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Writes } from '../database/writes.ts';
import type { ObjectRows, RemovedUpload } from '../files/object-rows.ts';
import { type ObjectRow, parsed, rowColumns, type Selected } from '../files/stored-rows.ts';
import type { ObjectReplacement } from './object-replacement.ts';

type PostgresBucketStoreDeps = { writes: Writes; rows: ObjectRows; replacement: ObjectReplacement };

export class PostgresBucketStore implements BucketStore {
  readonly #deps: PostgresBucketStoreDeps;

  constructor(deps: PostgresBucketStoreDeps) {
    this.#deps = deps;
  }

  insert(
    bucket: StoredBucket,
    maxBuckets: number,
    seal?: Seal<BucketWithUsage>,
  ): Promise<'inserted' | 'name_taken' | 'limit_reached'> {
    const { id, accountId, name, isPublic, defaultTtl, createdAt } = bucket;
    return this.#deps.writes.atomic(async (tx) => {
      // Buckets of one account are counted one after the other.
      await tx.run(lockAccount, [accountId]);
      const checked = await tx.first<{ isTaken: boolean; count: number }>(check, [name, accountId]);
      if (checked?.isTaken) return 'name_taken';
      if ((checked?.count ?? 0) >= maxBuckets) return 'limit_reached';
      const { count } = await tx.run(insert, [id, accountId, name, isPublic, defaultTtl, createdAt]);
      if (count === 0) return 'name_taken';
      await tx.keepAnswer({ ...bucket, objectCount: 0, sizeBytes: 0 }, seal);
      return 'inserted';
    });
  }

  async find(name: string): Promise<StoredBucket | undefined> {
    return (await this.#deps.writes.sql.read<StoredBucket>(findByName, [name]))[0];
  }

  async usage(id: string, now: number): Promise<BucketWithUsage | undefined> {
    return (await this.#deps.writes.sql.read<BucketWithUsage>(usageOf, [id, now]))[0];
  }

  list(accountId: string, after: string, now: number, limit: number): Promise<BucketWithUsage[]> {
    return this.#deps.writes.sql.read<BucketWithUsage>(list, [accountId, now, after, limit]);
  }

  update(
    id: string,
    { isPublic, defaultTtl }: BucketChanges,
    now: number,
    seal?: Seal<BucketWithUsage>,
  ): Promise<BucketWithUsage | 'gone'> {
    return this.#deps.writes.atomic(async (tx) => {
      if (isPublic !== undefined || defaultTtl !== undefined)
        await tx.run(update, [id, isPublic, defaultTtl !== undefined, defaultTtl]);
      const bucket = await tx.first<BucketWithUsage>(usageOf, [id, now]);
      if (bucket === undefined) return 'gone';
      tx.changed('buckets', bucket.name);
      return tx.keepAnswer(bucket, seal);
    });
  }

  clear(id: string, now: number, limit: number, events: EventFactory): Promise<number> {
    return this.#deps.writes.atomic(async (tx) => {
      const bucket = await tx.first<BucketWithUsage>(usageOf, [id, now]);
      if (bucket === undefined || bucket.objectCount > 0) return 0;
      return this.#clear(tx, bucket, now, limit, events);
    });
  }

  remove(
    id: string,
    now: number,
    events: EventFactory,
    seal?: Seal<null>,
  ): Promise<'removed' | 'not_empty' | 'gone'> {
    return this.#deps.writes.atomic(async (tx) => {
      const bucket = await tx.first<BucketWithUsage>(usageOf, [id, now]);
      if (bucket === undefined) return 'gone';
      if (bucket.objectCount > 0) return 'not_empty';
      await this.#clear(tx, bucket, now, Number.MAX_SAFE_INTEGER, events);
      // Waits for transactions that have added objects and uploads, and keeps others from adding any.
      if ((await tx.first(lock, [id])) === undefined) return 'gone';
      const { count } = await tx.run(remove, [id]);
      if (count === 0) throw new Conflict();
      tx.changed('buckets', bucket.name);
      await tx.keepAnswer(null, seal);
      return 'removed';
    });
  }

  /** Locks uploads before objects, as their completion does, and the bucket's row after both. */
  async #clear(
    tx: Transaction,
    bucket: StoredBucket,
    now: number,
    limit: number,
    events: EventFactory,
  ): Promise<number> {
    const uploads = await tx.all<RemovedUpload>(removeUploads, [bucket.id, limit]);
    await this.#deps.rows.releaseUploads(tx, uploads, now);
    const left = limit - uploads.length;
    const rows = await tx.all<Selected<ObjectRow>>(lockExpired, [bucket.id, now, left]);
    const removals = rows.map((row) => ({ bucket, row: parsed<ObjectRow>(row), events }));
    await this.#deps.replacement.remove(tx, removals, now);
    return uploads.length + rows.length;
  }
}

const columns = `buckets.id, buckets.account_id AS "accountId", buckets.name, buckets.is_public AS "isPublic",
  buckets.default_ttl AS "defaultTtl", buckets.created_at AS "createdAt"`;
// Expired objects that the sweep has not yet removed do not count ($2 is the time).
const withUsage = `SELECT ${columns}, buckets.object_count - expired.count AS "objectCount",
    buckets.size_bytes - expired.bytes AS "sizeBytes"
  FROM buckets CROSS JOIN LATERAL (
    SELECT count(*) AS count, coalesce(sum(size), 0)::int8 AS bytes FROM objects
    WHERE bucket_id = buckets.id AND expires_at <= $2 AND expires_at IS NOT NULL AND public_id IS NULL
  ) AS expired`;

const lockAccount = prepared('SELECT 1 FROM accounts WHERE id = $1 FOR NO KEY UPDATE');
const check = prepared(
  `SELECT EXISTS (SELECT 1 FROM buckets WHERE name = $1) AS "isTaken",
     (SELECT count(*) FROM buckets WHERE account_id = $2 AND name IS NOT NULL) AS count`,
);
const insert = prepared(
  `INSERT INTO buckets (id, account_id, name, is_public, default_ttl, created_at) VALUES ($1, $2, $3, $4, $5, $6)
   ON CONFLICT (name) DO NOTHING`,
);
const findByName = prepared(`SELECT ${columns} FROM buckets WHERE name = $1`);
const usageOf = prepared(`${withUsage} WHERE buckets.id = $1 AND buckets.name IS NOT NULL`);
const list = prepared(
  `${withUsage} WHERE buckets.account_id = $1 AND buckets.name > $3 ORDER BY buckets.name LIMIT $4`,
);
const update = prepared(
  `UPDATE buckets SET is_public = coalesce($2, is_public), default_ttl = CASE WHEN $3 THEN $4 ELSE default_ttl END
   WHERE id = $1 AND name IS NOT NULL`,
);
const lockExpired = prepared(
  `SELECT ${rowColumns} FROM objects WHERE bucket_id = $1 AND expires_at <= $2 ORDER BY key LIMIT $3 FOR UPDATE`,
);
const removeUploads = prepared(
  `WITH removed AS (SELECT id FROM uploads WHERE bucket_id = $1 ORDER BY id LIMIT $2 FOR UPDATE)
   DELETE FROM uploads USING removed WHERE uploads.id = removed.id
   RETURNING uploads.id, account_id AS "accountId", content_n AS "contentN", blob_key AS "blobKey",
     declared_size AS "declaredSize", direct_key AS "directKey", part_size AS "partSize"`,
);
const lock = prepared('SELECT 1 FROM buckets WHERE id = $1 FOR UPDATE');
// The foreign keys would wait for locked objects and uploads, whose holders may wait for the bucket.
const remove = prepared(
  `DELETE FROM buckets WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM objects WHERE bucket_id = $1)
     AND NOT EXISTS (SELECT 1 FROM uploads WHERE bucket_id = $1)`,
);

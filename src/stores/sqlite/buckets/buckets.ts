import { and, asc, eq, gt, isNotNull, sql } from 'drizzle-orm';
import type {
  BucketChanges,
  BucketStore,
  BucketWithUsage,
  StoredBucket,
} from '../../../core/ports/buckets/bucket-store.ts';
import type { EventFactory } from '../../../core/ports/buckets/object-store.ts';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { Transaction } from '../database/transaction.ts';
import type { ObjectRows } from '../files/object-rows.ts';
import type { RemovedUpload } from '../files/upload-statements.ts';
import { buckets } from '../schema/index.ts';
import type { ObjectReplacement } from './object-replacement.ts';

const { placeholder } = sql;

type SqliteBucketStoreDeps = {
  connection: Connection;
  writes: GroupCommit;
  rows: ObjectRows;
  replacement: ObjectReplacement;
};

export class SqliteBucketStore implements BucketStore {
  readonly #deps: SqliteBucketStoreDeps;
  readonly #statements;

  constructor(deps: SqliteBucketStoreDeps) {
    this.#deps = deps;
    this.#statements = prepareStatements(deps.connection);
  }

  insert(
    bucket: StoredBucket,
    maxBuckets: number,
    seal?: Seal<BucketWithUsage>,
  ): Promise<'inserted' | 'name_taken' | 'limit_reached'> {
    const noUsage = { objectCount: 0, sizeBytes: 0 };
    return this.#deps.writes.atomic((tx) => {
      if (this.#statements.find.get({ name: bucket.name }) !== undefined) return 'name_taken';
      if ((this.#statements.count.get(bucket.accountId) ?? 0) >= maxBuckets) return 'limit_reached';
      this.#deps.connection.database
        .insert(buckets)
        .values({ ...bucket, ...noUsage })
        .run();
      tx.keepAnswer({ ...bucket, ...noUsage }, seal);
      return 'inserted';
    });
  }

  find(name: string): StoredBucket | undefined {
    return named(this.#statements.find.get({ name }));
  }

  async usage(id: string, now: number): Promise<BucketWithUsage | undefined> {
    return this.#usage(id, now);
  }

  async list(accountId: string, after: string, now: number, limit: number): Promise<BucketWithUsage[]> {
    const { database } = this.#deps.connection;
    const rows = database
      .select({ ...columns, ...usageColumns })
      .from(buckets)
      .where(and(eq(buckets.accountId, accountId), isNotNull(buckets.name), gt(buckets.name, after)))
      .orderBy(asc(buckets.name))
      .limit(limit)
      .all();
    return rows.map((row) => this.#withoutExpired(named(row), now));
  }

  update(
    id: string,
    changes: BucketChanges,
    now: number,
    seal?: Seal<BucketWithUsage>,
  ): Promise<BucketWithUsage | 'gone'> {
    return this.#deps.writes.atomic((tx) => {
      if (Object.keys(changes).length > 0)
        this.#deps.connection.database.update(buckets).set(changes).where(eq(buckets.id, id)).run();
      const bucket = this.#usage(id, now);
      if (bucket === undefined) return 'gone';
      tx.changed('buckets', bucket.name);
      return tx.keepAnswer(bucket, seal);
    });
  }

  clear(id: string, now: number, limit: number, events: EventFactory): Promise<number> {
    return this.#deps.writes.atomic((tx) => {
      const bucket = this.#usage(id, now);
      return bucket === undefined || bucket.objectCount > 0 ? 0 : this.#clear(tx, bucket, now, limit, events);
    });
  }

  remove(
    id: string,
    now: number,
    events: EventFactory,
    seal?: Seal<null>,
  ): Promise<'removed' | 'not_empty' | 'gone'> {
    return this.#deps.writes.atomic((tx) => {
      const bucket = this.#usage(id, now);
      if (bucket === undefined) return 'gone';
      if (bucket.objectCount > 0) return 'not_empty';
      this.#clear(tx, bucket, now, Number.MAX_SAFE_INTEGER, events);
      tx.changed('buckets', bucket.name);
      this.#statements.remove.run(id);
      tx.keepAnswer(null, seal);
      return 'removed';
    });
  }

  #clear(tx: Transaction, bucket: StoredBucket, now: number, limit: number, events: EventFactory): number {
    const keys = this.#statements.keys.all(bucket.id, limit);
    for (const key of keys) {
      const row = this.#deps.replacement.find(tx, bucket.id, key);
      if (row) this.#deps.replacement.remove(tx, bucket, row, now, events);
    }
    const uploads = this.#statements.removeUploads.all(bucket.id, limit - keys.length);
    for (const upload of uploads) this.#deps.rows.releaseUpload(tx, upload, now);
    return keys.length + uploads.length;
  }

  #usage(id: string, now: number): BucketWithUsage | undefined {
    const row = this.#statements.usage.get({ id });
    if (row === undefined) return undefined;
    // The row lacks the bookings of other writers in this transaction.
    const { bytes, objects } = this.#deps.rows.usage.pendingOf(id);
    const { objectCount, sizeBytes } = row;
    const bucket = { ...named(row), objectCount: objectCount + objects, sizeBytes: sizeBytes + bytes };
    return this.#withoutExpired(bucket, now);
  }

  /** Expired objects that the sweep has not yet removed do not count. */
  #withoutExpired(bucket: BucketWithUsage, now: number): BucketWithUsage {
    const expired = this.#statements.expired.get(bucket.id, now);
    return {
      ...bucket,
      objectCount: bucket.objectCount - (expired?.n ?? 0),
      sizeBytes: bucket.sizeBytes - (expired?.bytes ?? 0),
    };
  }
}

const columns = {
  id: buckets.id,
  accountId: buckets.accountId,
  name: buckets.name,
  isPublic: buckets.isPublic,
  defaultTtl: buckets.defaultTtl,
  createdAt: buckets.createdAt,
};
const usageColumns = { objectCount: buckets.objectCount, sizeBytes: buckets.sizeBytes };

/** Asserts that a row has a name. */
function named<Row extends { name: string | null }>(row: Row): Row & { name: string };
function named<Row extends { name: string | null }>(
  row: Row | undefined,
): (Row & { name: string }) | undefined;
function named<Row extends { name: string | null }>(row: Row | undefined) {
  return row as (Row & { name: string }) | undefined;
}

function prepareStatements({ database, raw }: Connection) {
  return {
    find: database
      .select(columns)
      .from(buckets)
      .where(eq(buckets.name, placeholder('name')))
      .prepare(),
    usage: database
      .select({ ...columns, ...usageColumns })
      .from(buckets)
      .where(and(eq(buckets.id, placeholder('id')), isNotNull(buckets.name)))
      .prepare(),
    count: raw
      .prepare<[string], number>('SELECT count(*) FROM buckets WHERE account_id = ? AND name IS NOT NULL')
      .pluck(),
    expired: raw.prepare<[string, number], { n: number; bytes: number | null }>(
      `SELECT count(*) AS n, sum(size) AS bytes FROM objects
       WHERE bucket_id = ? AND expires_at <= ? AND expires_at IS NOT NULL AND public_id IS NULL`,
    ),
    keys: raw
      .prepare<[string, number], string>('SELECT key FROM objects WHERE bucket_id = ? LIMIT ?')
      .pluck(),
    removeUploads: raw.prepare<[string, number], RemovedUpload>(
      `DELETE FROM uploads WHERE n IN (SELECT n FROM uploads WHERE bucket_id = ? LIMIT ?)
       RETURNING id, account_id AS accountId, content_n AS contentN, blob_key AS blobKey,
        declared_size AS declaredSize, direct_key AS directKey, part_size AS partSize`,
    ),
    remove: raw.prepare('DELETE FROM buckets WHERE id = ?'),
  };
}

import type { StoredBucket } from '../../../core/ports/buckets/bucket-store.ts';
import type {
  NewObject,
  ObjectWrites,
  WriteOptions,
  Written,
} from '../../../core/ports/buckets/object-writes.ts';
import type { LeaseLost, PlacedContent } from '../../../core/ports/content/content.ts';
import type { Quota, QuotaExceeded } from '../../../core/ports/limits/quota.ts';
import type { Writes } from '../database/writes.ts';
import type { ObjectRows } from '../files/object-rows.ts';
import { hasExpired, liveObject, type ObjectReplacement } from './object-replacement.ts';

type PostgresObjectWritesDeps = { writes: Writes; rows: ObjectRows; replacement: ObjectReplacement };

export class PostgresObjectWrites implements ObjectWrites {
  readonly #deps: PostgresObjectWritesDeps;

  constructor(deps: PostgresObjectWritesDeps) {
    this.#deps = deps;
  }

  put(
    object: NewObject,
    placed: PlacedContent,
    quota: Quota,
    options: WriteOptions<Written>,
  ): Promise<Written | QuotaExceeded | LeaseLost> {
    const { writes, rows, replacement } = this.#deps;
    const { bucket, key, at } = object;
    return writes.limited<Written | LeaseLost>(async (tx) => {
      const row = await replacement.find(tx, bucket.id, key);
      options.admit(liveObject(row, at));
      const place = await rows.take(tx, placed, bucket.accountId);
      if (place === undefined) return 'lease_lost';
      tx.books.grow(bucket.accountId, placed.size - (row?.size ?? 0), row ? 0 : 1, quota);
      const written = await replacement.replace(tx, object, row, place, placed.size, options);
      return tx.keepAnswer(written, options.seal);
    });
  }

  async remove(
    bucket: StoredBucket,
    key: string,
    now: number,
    options: Omit<WriteOptions<null>, 'expiredEvents'>,
  ): Promise<void> {
    const { writes, replacement } = this.#deps;
    await writes.atomic(async (tx) => {
      const row = await replacement.find(tx, bucket.id, key);
      if (row === undefined) await replacement.requireBucket(tx, bucket.id);
      options.admit(liveObject(row, now));
      if (row) await replacement.remove(tx, [{ bucket, row, events: options.events }], now);
      await tx.keepAnswer(null, options.seal);
    });
  }

  removeMany(
    bucket: StoredBucket,
    keys: string[],
    now: number,
    { events, expiredEvents, seal }: Omit<WriteOptions<string[]>, 'admit'>,
  ): Promise<string[]> {
    const { writes, replacement } = this.#deps;
    return writes.atomic(async (tx) => {
      const rows = await replacement.findAll(tx, bucket.id, keys);
      if (rows.length === 0) await replacement.requireBucket(tx, bucket.id);
      const removals = rows.map((row) => ({
        ...{ bucket, row },
        events: hasExpired(row, now) ? expiredEvents : events,
      }));
      await replacement.remove(tx, removals, now);
      const live = new Set(rows.filter((row) => !hasExpired(row, now)).map(({ key }) => key));
      const removed = [...new Set(keys)].filter((key) => live.has(key));
      return tx.keepAnswer(removed, seal);
    });
  }
}

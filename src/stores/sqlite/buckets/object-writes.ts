import type { StoredBucket } from '../../../core/ports/buckets/bucket-store.ts';
import type {
  NewObject,
  ObjectWrites,
  WriteOptions,
  Written,
} from '../../../core/ports/buckets/object-writes.ts';
import type { LeaseLost, PlacedContent } from '../../../core/ports/content/content.ts';
import type { Quota, QuotaExceeded } from '../../../core/ports/limits/quota.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { ObjectRows } from '../files/object-rows.ts';
import { hasExpired, liveObject, type ObjectReplacement } from './object-replacement.ts';

export class SqliteObjectWrites implements ObjectWrites {
  readonly #writes: GroupCommit;
  readonly #rows: ObjectRows;
  readonly #replacement: ObjectReplacement;

  constructor(writes: GroupCommit, rows: ObjectRows, replacement: ObjectReplacement) {
    this.#writes = writes;
    this.#rows = rows;
    this.#replacement = replacement;
  }

  put(
    object: NewObject,
    placed: PlacedContent,
    quota: Quota,
    options: WriteOptions<Written>,
  ): Promise<Written | QuotaExceeded | LeaseLost> {
    const { bucket, key, at } = object;
    return this.#writes.atomic((tx) => {
      const row = this.#replacement.find(tx, bucket.id, key);
      options.admit(liveObject(row, at));
      const growth = { bytes: placed.size - (row?.size ?? 0), objects: row ? 0 : 1 };
      const verdict = this.#rows.usage.checkQuota(tx, bucket.accountId, growth, quota);
      if (verdict !== 'within') return verdict;
      const place = this.#rows.take(tx, placed, bucket.accountId);
      if (place === undefined) return 'lease_lost';
      return tx.keepAnswer(
        this.#replacement.replace(tx, object, row, place, placed.size, options),
        options.seal,
      );
    });
  }

  async remove(
    bucket: StoredBucket,
    key: string,
    now: number,
    options: Omit<WriteOptions<null>, 'expiredEvents'>,
  ): Promise<void> {
    await this.#writes.atomic((tx) => {
      const row = this.#replacement.find(tx, bucket.id, key);
      if (row === undefined) this.#replacement.requireBucket(tx, bucket.id);
      options.admit(liveObject(row, now));
      if (row) this.#replacement.remove(tx, bucket, row, now, options.events);
      tx.keepAnswer(null, options.seal);
    });
  }

  removeMany(
    bucket: StoredBucket,
    keys: string[],
    now: number,
    { events, expiredEvents, seal }: Omit<WriteOptions<string[]>, 'admit'>,
  ): Promise<string[]> {
    return this.#writes.atomic((tx) => {
      const removed: string[] = [];
      let isFound = false;
      for (const key of keys) {
        const row = this.#replacement.find(tx, bucket.id, key);
        if (row === undefined) continue;
        isFound = true;
        const isExpired = hasExpired(row, now);
        this.#replacement.remove(tx, bucket, row, now, isExpired ? expiredEvents : events);
        if (!isExpired) removed.push(key);
      }
      if (!isFound) this.#replacement.requireBucket(tx, bucket.id);
      return tx.keepAnswer(removed, seal);
    });
  }
}

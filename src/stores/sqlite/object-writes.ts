import type { StoredBucket } from '../../core/ports/bucket-store.ts';
import type { LeaseLost, PlacedContent } from '../../core/ports/content.ts';
import type { NewObject, ObjectWrites, WriteOptions, Written } from '../../core/ports/object-writes.ts';
import type { GroupCommit } from './group-commit.ts';
import type { SqliteIdempotencyStore } from './idempotency.ts';
import { hasExpired, type ObjectReplacement } from './object-replacement.ts';
import type { ObjectRows } from './object-rows.ts';

export class SqliteObjectWrites implements ObjectWrites {
  readonly #writes: GroupCommit;
  readonly #rows: ObjectRows;
  readonly #replacement: ObjectReplacement;
  readonly #idempotency: SqliteIdempotencyStore;

  constructor(
    writes: GroupCommit,
    rows: ObjectRows,
    replacement: ObjectReplacement,
    idempotency: SqliteIdempotencyStore,
  ) {
    this.#writes = writes;
    this.#rows = rows;
    this.#replacement = replacement;
    this.#idempotency = idempotency;
  }

  put(
    object: NewObject,
    placed: PlacedContent,
    options: WriteOptions<Written>,
  ): Promise<Written | LeaseLost> {
    const { bucket, key, at } = object;
    return this.#writes.atomic(() => {
      const row = this.#replacement.findWithin(bucket.id, key);
      options.admit(this.#replacement.foundWithin(bucket.accountId, row, at));
      const place = this.#rows.takeWithin(placed, bucket.accountId);
      if (place === undefined) return 'lease_lost';
      const written = this.#replacement.replaceWithin(object, row, place, placed.size, options);
      if (options.seal) this.#idempotency.answerWithin(options.seal(written));
      return written;
    });
  }

  async remove(bucket: StoredBucket, key: string, now: number, options: WriteOptions<null>): Promise<void> {
    await this.#writes.atomic(() => {
      const row = this.#replacement.findWithin(bucket.id, key);
      options.admit(this.#replacement.foundWithin(bucket.accountId, row, now));
      if (row) this.#replacement.removeWithin(bucket, row, now, options.tell);
      if (options.seal) this.#idempotency.answerWithin(options.seal(null));
    });
  }

  removeMany(
    bucket: StoredBucket,
    keys: string[],
    now: number,
    { tell, tellExpired, seal }: Omit<WriteOptions<string[]>, 'admit'>,
  ): Promise<string[]> {
    return this.#writes.atomic(() => {
      const removed: string[] = [];
      for (const key of keys) {
        const row = this.#replacement.findWithin(bucket.id, key);
        if (row === undefined) continue;
        const isOver = hasExpired(row, now);
        this.#replacement.removeWithin(bucket, row, now, isOver ? tellExpired : tell);
        if (!isOver) removed.push(key);
      }
      if (seal) this.#idempotency.answerWithin(seal(removed));
      return removed;
    });
  }
}

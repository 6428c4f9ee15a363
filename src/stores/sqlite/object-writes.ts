import type { StoredBucket } from '../../core/ports/bucket-store.ts';
import type { LeaseLost, PlacedContent } from '../../core/ports/content.ts';
import type { NewObject, ObjectWrites, WriteOptions, Written } from '../../core/ports/object-writes.ts';
import type { GroupCommit } from './group-commit.ts';
import { hasExpired, type ObjectReplacement } from './object-replacement.ts';
import type { ObjectRows } from './object-rows.ts';

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
    options: WriteOptions<Written>,
  ): Promise<Written | LeaseLost> {
    const { bucket, key, at } = object;
    return this.#writes.atomic((tx) => {
      const row = this.#replacement.find(tx, bucket.id, key);
      options.admit(this.#replacement.found(tx, bucket.accountId, row, at));
      const place = this.#rows.take(tx, placed, bucket.accountId);
      if (place === undefined) return 'lease_lost';
      const written = this.#replacement.replace(tx, object, row, place, placed.size, options);
      tx.keepAnswer(written, options.seal);
      return written;
    });
  }

  async remove(bucket: StoredBucket, key: string, now: number, options: WriteOptions<null>): Promise<void> {
    await this.#writes.atomic((tx) => {
      const row = this.#replacement.find(tx, bucket.id, key);
      options.admit(this.#replacement.found(tx, bucket.accountId, row, now));
      if (row) this.#replacement.remove(tx, bucket, row, now, options.tell);
      tx.keepAnswer(null, options.seal);
    });
  }

  removeMany(
    bucket: StoredBucket,
    keys: string[],
    now: number,
    { tell, tellExpired, seal }: Omit<WriteOptions<string[]>, 'admit'>,
  ): Promise<string[]> {
    return this.#writes.atomic((tx) => {
      const removed: string[] = [];
      for (const key of keys) {
        const row = this.#replacement.find(tx, bucket.id, key);
        if (row === undefined) continue;
        const isOver = hasExpired(row, now);
        this.#replacement.remove(tx, bucket, row, now, isOver ? tellExpired : tell);
        if (!isOver) removed.push(key);
      }
      tx.keepAnswer(removed, seal);
      return removed;
    });
  }
}

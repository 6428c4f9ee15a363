import { LRUCache } from 'lru-cache';
import { rowBytes } from '../../../core/ports/content/room-leases.ts';
import type {
  AnonymousMeter,
  StorageMeter,
  StorageUsage,
} from '../../../core/ports/content/storage-meter.ts';
import { prepared, type Sql } from '../database/sql.ts';

export class PostgresStorageMeter implements StorageMeter, AnonymousMeter {
  readonly #sql: Sql;
  /** Whether an account is anonymous never changes. */
  readonly #known = new LRUCache<string, boolean>({ max: 10_000 });

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The bytes of the database are those of content, with an estimate for the rest of each row. */
  async usage(): Promise<StorageUsage> {
    const [usage] = await this.#sql.read<StorageUsage>(usageOfAll);
    return usage ?? { databaseBytes: 0, blobBytes: 0 };
  }

  async anonymousBytes(): Promise<number> {
    const [row] = await this.#sql.read<{ bytes: number }>(anonymousBytes);
    return row?.bytes ?? 0;
  }

  async isAnonymous(accountId: string): Promise<boolean> {
    const known = this.#known.get(accountId);
    if (known !== undefined) return known;
    const [account] = await this.#sql.read<{ isAnonymous: boolean }>(isAnonymous, [accountId]);
    if (account === undefined) return false;
    this.#known.set(accountId, account.isAnonymous);
    return account.isAnonymous;
  }
}

const usageOfAll = prepared(
  `SELECT coalesce(sum(inline_bytes + ${rowBytes} * inline_rows), 0)::int8 AS "databaseBytes",
     coalesce(sum(blob_bytes), 0)::int8 AS "blobBytes" FROM storage_counters`,
);
const anonymousBytes = prepared(
  'SELECT coalesce(sum(anonymous_bytes), 0)::int8 AS bytes FROM storage_counters',
);
const isAnonymous = prepared('SELECT name IS NULL AS "isAnonymous" FROM accounts WHERE id = $1');

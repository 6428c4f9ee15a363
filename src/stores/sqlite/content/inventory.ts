import type { BlobOwner, Inventory, ShownBlob } from '../../../core/ports/content/inventory.ts';
import { ownSizes } from '../../../core/ports/files/upload-store.ts';
import { isAnonymous } from '../accounts/anonymous-book.ts';
import type { Connection } from '../database/connection.ts';
import { isDamage } from '../database/damage.ts';

/** Rows of one query, so that no read stays open for long. */
const pageSize = 1000;

/** The name of a part in reports. The id of a payload is enough to read it, so its number stands for it. */
const partName = `'part ' || number || ' of '
  || coalesce((SELECT 'payload ' || n FROM payloads WHERE id = owner_id), owner_id)`;

/** The tables that refer to blobs, with an expression that names a row in reports. */
const tables = [
  { name: 'payloads', place: 'n', size: 'size', row: "'payload ' || n" },
  { name: 'objects', place: 'n', size: 'size', row: "'object ' || id" },
  { name: 'uploads', place: 'n', size: 'declared_size', row: "'upload ' || id" },
  { name: 'parts', place: 'rowid', size: 'size', row: partName },
] as const;

/** Rows whose size counts in `storage_usage`. */
const metered: Record<(typeof tables)[number]['name'], string> = {
  payloads: 'blob_key IS NOT NULL',
  objects: 'blob_key IS NOT NULL',
  // Bytes that a client uploads directly to the blob store count from the reservation on.
  uploads: `blob_key IS NOT NULL OR (direct_key IS NOT NULL AND part_size IS NOT ${ownSizes})`,
  // Every part is in the blob store, also the parts of a multipart upload of the blob store.
  parts: 'true',
};

/** Maximum lines of damage: one bad page can cause thousands. */
const maxDamage = 20;
const anonymousAccounts = `account_id IN (SELECT id FROM accounts WHERE ${isAnonymous})`;

/**
 * Whether the booked bytes of anonymous callers are right: payloads without an account, and the content of accounts
 * without a name.
 */
const anonymousBytesMatch = `
  SELECT coalesce((SELECT stranger_bytes FROM storage_usage), 0) =
    (SELECT coalesce(sum(size), 0) FROM payloads WHERE account_id IS NULL)
    + (SELECT coalesce(sum(size), 0) FROM objects WHERE ${anonymousAccounts})
    + (SELECT coalesce(sum(declared_size), 0) FROM uploads WHERE ${anonymousAccounts}
        AND (received_at IS NOT NULL OR ${metered.uploads}))
    + (SELECT coalesce(sum(size), 0) FROM parts
        WHERE owner_id IN (SELECT id FROM uploads WHERE ${anonymousAccounts}))
    AS anonymous`;

const findOwners = `
  WITH asked AS (SELECT value AS key FROM json_each(?)),
    wanted AS (SELECT blob_key, owner_id FROM parts WHERE blob_key IN (SELECT key FROM asked))
  ${(['payload', 'object', 'upload'] as const)
    .map(
      (
        kind,
      ) => `SELECT blob_key AS key, '${kind}' AS kind, id FROM ${kind}s WHERE blob_key IN (SELECT key FROM asked)
        UNION ALL SELECT wanted.blob_key, '${kind}', id FROM wanted JOIN ${kind}s ON id = owner_id`,
    )
    .join(' UNION ALL ')}`;

export class SqliteInventory implements Inventory {
  readonly #raw: Connection['raw'];

  constructor({ raw }: Pick<Connection, 'raw'>) {
    this.#raw = raw;
  }

  async damage(): Promise<string[]> {
    try {
      const lines = this.#raw.prepare<[], string>(`PRAGMA integrity_check(${maxDamage})`).pluck().all();
      return lines
        .filter((line) => line !== 'ok')
        .flatMap((text) => text.split('\n'))
        .slice(0, maxDamage);
    } catch (error) {
      // The file is so damaged that the check itself fails.
      if (!isDamage(error)) throw error;
      return [error.message];
    }
  }

  async *shownBlobs(): AsyncGenerator<ShownBlob> {
    for (const { name, place, size, row } of tables) {
      const page = this.#raw.prepare<[number, number], ShownBlob & { place: number }>(
        `SELECT ${place} AS place, blob_key AS key, ${size} AS size, ${row} AS row FROM ${name}
         WHERE blob_key IS NOT NULL AND ${place} > ? ORDER BY ${place} LIMIT ?`,
      );
      for (
        let after = 0, rows = page.all(after, pageSize);
        rows.length > 0;
        rows = page.all(after, pageSize)
      ) {
        for (const { place: at, ...shown } of rows) {
          after = at;
          yield shown;
        }
      }
    }
  }

  async isShown(key: string): Promise<boolean> {
    return tables.some(({ name }) => this.#raw.prepare(`SELECT 1 FROM ${name} WHERE blob_key = ?`).get(key));
  }

  async ownersOf(keys: string[]): Promise<BlobOwner[]> {
    return this.#raw.prepare<[string], BlobOwner>(findOwners).all(JSON.stringify(keys));
  }

  async wrongParts(): Promise<string[]> {
    const incomplete = (table: string, isInParts: string, row: string) =>
      `SELECT ${row} FROM ${table} LEFT JOIN (SELECT owner_id, sum(size) AS bytes FROM parts GROUP BY owner_id)
        ON owner_id = id WHERE ${isInParts} AND coalesce(bytes, -1) <> size`;
    return this.#raw
      .prepare<[], string>(
        `${incomplete('payloads', 'content IS NULL AND blob_key IS NULL', "'payload ' || n")}
         UNION ALL ${incomplete('objects', 'content_n IS NULL AND blob_key IS NULL', "'object ' || id")}
         UNION ALL SELECT ${partName} FROM parts
          WHERE NOT EXISTS (SELECT 1 FROM payloads WHERE id = owner_id)
           AND NOT EXISTS (SELECT 1 FROM objects WHERE id = owner_id)
           AND NOT EXISTS (SELECT 1 FROM uploads WHERE id = owner_id)`,
      )
      .pluck()
      .all();
  }

  async wrongUsage(): Promise<string[]> {
    const accounts = this.#raw
      .prepare<[], string>(
        `WITH
          held AS (SELECT account_id, sum(size) AS bytes, count(*) AS n FROM
            (SELECT account_id, size FROM objects UNION ALL
             SELECT account_id, size FROM payloads WHERE account_id IS NOT NULL) GROUP BY account_id),
          coming AS (SELECT account_id, sum(declared_size) AS bytes, count(*) AS n FROM uploads GROUP BY account_id)
         SELECT 'account ' || coalesce(name, id) FROM accounts
          LEFT JOIN held ON held.account_id = id LEFT JOIN coming ON coming.account_id = id
          WHERE stored_bytes <> coalesce(held.bytes, 0) OR stored_objects <> coalesce(held.n, 0)
           OR reserved_bytes <> coalesce(coming.bytes, 0) OR reserved_objects <> coalesce(coming.n, 0)`,
      )
      .pluck()
      .all();
    const sums = tables.map(
      ({ name, size }) => `(SELECT coalesce(sum(${size}), 0) FROM ${name} WHERE ${metered[name]})`,
    );
    const buckets = this.#raw
      .prepare<[], string>(
        `SELECT 'bucket ' || name FROM buckets
          LEFT JOIN (SELECT bucket_id, sum(size) AS bytes, count(*) AS n FROM objects GROUP BY bucket_id) AS held
            ON held.bucket_id = id
          WHERE name IS NOT NULL AND (object_count <> coalesce(held.n, 0) OR size_bytes <> coalesce(held.bytes, 0))`,
      )
      .pluck()
      .all();
    const { anonymous } = this.#raw.prepare(anonymousBytesMatch).get() as { anonymous: number };
    const { isRight } = this.#raw
      .prepare(`SELECT coalesce((SELECT blob_bytes FROM storage_usage), 0) = ${sums.join(' + ')} AS isRight`)
      .get() as { isRight: number };
    return [
      ...(isRight === 1 ? [] : ['the bytes of all blobs']),
      ...(anonymous === 1 ? [] : ['the bytes of anonymous callers']),
      ...accounts,
      ...buckets,
    ];
  }
}

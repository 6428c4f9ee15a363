import type { BlobOwner, Inventory, ShownBlob } from '../../../core/ports/content/inventory.ts';
import { ownSizes } from '../../../core/ports/files/upload-store.ts';
import { outsideRing } from '../database/books.ts';
import { type Sql, unprepared } from '../database/sql.ts';

/** Rows of one query: they are in memory at once. */
const pageSize = 1000;

/** A name of a payload in reports. It must not be the id, which is enough to read the payload. */
const payloadName = nameOf('uuid_send(id)');
/** The name of a part. Its owner is a payload unless it is found as another row. */
const partName = `'part ' || number || ' of ' || CASE
  WHEN owner_id !~ '^[0-9a-f]{32}$' OR EXISTS (SELECT FROM objects WHERE id = owner_id)
    OR EXISTS (SELECT FROM uploads WHERE id = owner_id) THEN owner_id
  ELSE ${nameOf(`decode(owner_id, 'hex')`)} END`;

/** The id of a payload as the owner of its parts has it. */
const ownerId = `replace(id::text, '-', '')`;

type Table = { name: string; order: string[]; size: string; row: string; condition?: string };

/** Every table whose rows refer to blobs. The condition of payloads is that of an index over their expiry. */
const payloads = {
  order: ['expires_at', 'id'],
  size: 'size',
  row: payloadName,
  condition: 'content IS NULL AND',
};
const ring = Array.from({ length: outsideRing }, (_, leaf) => `payloads_${String(leaf).padStart(2, '0')}`);
const tables: Table[] = [
  ...ring.map((name) => ({ ...payloads, name })),
  { ...payloads, name: 'payloads_legacy' },
  { name: 'objects', order: ['n'], size: 'size', row: `'object ' || id` },
  { name: 'uploads', order: ['id'], size: 'declared_size', row: `'upload ' || id` },
  {
    name: 'parts',
    order: ['owner_id', 'number'],
    size: 'size',
    row: partName,
  },
];

/**
 * The inventory of a PostgreSQL database. Each report comes from one statement, and so from one moment. The statements
 * name the parent of the ring, which is right only here: they lock all its tables against being emptied.
 */
export class PostgresInventory implements Inventory {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * The pages whose checksum was wrong, as the server counts them when it reads or backs up a page; nothing if its
   * checksums are off. Reading whole tables from here would prove no more: a check of the structure of tables and indexes
   * (`pg_amcheck`) needs rights that the server's user should not have.
   */
  async damage(): Promise<string[]> {
    const rows = await this.#sql.read<{ line: string }>(wrongChecksums);
    return rows.map(({ line }) => line);
  }

  async *shownBlobs(): AsyncGenerator<ShownBlob> {
    for (const { name, order, size, row, condition = '' } of tables) {
      const places = order.join(', ');
      const columns = `json_build_array(${order.map((column) => `${column}::text`).join(', ')}) AS place,
        blob_key AS key, ${size} AS size, ${row} AS row`;
      const page = (after: string) =>
        unprepared(
          `SELECT ${columns} FROM ${name} WHERE ${condition} blob_key IS NOT NULL ${after}
           ORDER BY ${places} LIMIT ${pageSize}`,
        );
      const next = page(`AND (${places}) > (${order.map((_, index) => `$${index + 1}`).join(', ')})`);
      type Placed = ShownBlob & { place: string[] };
      let rows = await this.#sql.readLong<Placed>(page(''));
      while (rows.length > 0) {
        for (const { key, size, row } of rows) yield { key, size, row };
        rows = rows.length < pageSize ? [] : await this.#sql.readLong<Placed>(next, rows.at(-1)?.place);
      }
    }
  }

  async isShown(key: string): Promise<boolean> {
    return (await this.#sql.readLong(findBlob, [key])).length > 0;
  }

  ownersOf(keys: string[]): Promise<BlobOwner[]> {
    return this.#sql.readLong<BlobOwner>(findOwners, [keys]);
  }

  async wrongParts(): Promise<string[]> {
    const rows = await this.#sql.readLong<{ line: string }>(wrongParts);
    return rows.map(({ line }) => line);
  }

  async wrongUsage(): Promise<string[]> {
    const rows = await this.#sql.readLong<{ line: string }>(wrongUsage);
    return rows.map(({ line }) => line);
  }
}

function nameOf(bytes: string): string {
  return `'payload ' || left(encode(sha256(${bytes}), 'hex'), 16)`;
}

const wrongChecksums = unprepared(
  `SELECT checksum_failures || ' pages with a wrong checksum, the last one seen at ' || checksum_last_failure AS line
   FROM pg_stat_database WHERE datname = current_database() AND checksum_failures > 0`,
);

const allPayloads = (columns: string, where: string) =>
  `SELECT ${columns} FROM payloads WHERE ${where} UNION ALL SELECT ${columns} FROM payloads_legacy WHERE ${where}`;

const findBlob = unprepared(
  `${allPayloads('1', 'content IS NULL AND blob_key = $1')}
   UNION ALL SELECT 1 FROM objects WHERE blob_key = $1
   UNION ALL SELECT 1 FROM uploads WHERE blob_key = $1
   UNION ALL SELECT 1 FROM parts WHERE blob_key = $1 LIMIT 1`,
);

/** A part whose owner is neither an object nor an upload belongs to a payload, or to nothing. */
const findOwners = unprepared(
  `${allPayloads(`blob_key AS key, 'payload' AS kind, ${ownerId} AS id`, 'content IS NULL AND blob_key = ANY($1::text[])')}
   UNION ALL SELECT blob_key, 'object', id FROM objects WHERE blob_key = ANY($1::text[])
   UNION ALL SELECT blob_key, 'upload', id FROM uploads WHERE blob_key = ANY($1::text[])
   UNION ALL SELECT parts.blob_key,
     CASE WHEN objects.id IS NOT NULL THEN 'object' WHEN uploads.id IS NOT NULL THEN 'upload' ELSE 'payload' END, owner_id
     FROM parts LEFT JOIN objects ON objects.id = owner_id LEFT JOIN uploads ON uploads.id = owner_id
     WHERE parts.blob_key = ANY($1::text[])`,
);

const wrongParts = unprepared(
  `WITH in_parts AS (
     ${allPayloads(`${ownerId} AS id, size, ${payloadName} AS line`, 'content IS NULL AND blob_key IS NULL')}
     UNION ALL SELECT id, size, 'object ' || id FROM objects WHERE content_n IS NULL AND blob_key IS NULL),
   arrived AS (SELECT owner_id, sum(size) AS bytes FROM parts GROUP BY owner_id)
   SELECT line FROM in_parts LEFT JOIN arrived ON owner_id = id WHERE coalesce(bytes, -1) <> size
   UNION ALL SELECT ${partName} FROM parts
     WHERE NOT EXISTS (SELECT 1 FROM in_parts WHERE id = owner_id)
       AND NOT EXISTS (SELECT 1 FROM uploads WHERE id = owner_id)`,
);

/** Whether the size of an upload counts as stored in the blob store before all bytes have arrived. */
const isDirect = `(direct_key IS NOT NULL AND part_size IS DISTINCT FROM ${ownSizes})`;

/** The table of the ring whose counters count a payload: the first byte of its id. */
const leaf = `CASE WHEN content IS NOT NULL AND account_id IS NULL THEN get_byte(uuid_send(id), 0)
  ELSE ${outsideRing} END`;

/** Everything that is stored, and its sums by the leaves of `storage_counters`, as common table expressions. */
const recounted = `content AS (
     SELECT ${leaf} AS leaf, account_id, size, content IS NOT NULL AS is_inline, blob_key IS NOT NULL AS is_blob
       FROM payloads
     UNION ALL SELECT ${outsideRing}, account_id, size, content IS NOT NULL, blob_key IS NOT NULL FROM payloads_legacy
     UNION ALL SELECT ${outsideRing}, account_id, size, content_n IS NOT NULL, blob_key IS NOT NULL FROM objects),
   coming AS (
     SELECT id, account_id, declared_size AS size, content_n IS NOT NULL AS is_inline,
       blob_key IS NOT NULL OR ${isDirect} AS is_blob FROM uploads),
   held AS (
     SELECT leaf, account_id IS NULL AS is_ownerless, account_id, size, is_inline, is_blob FROM content
     UNION ALL SELECT ${outsideRing}, false, account_id, size, is_inline, is_blob FROM coming WHERE is_inline OR is_blob
     -- The size of parts that became an object or payload is held by that; only the blob store counts their bytes.
     UNION ALL SELECT ${outsideRing}, false, account_id, parts.size, false, true
       FROM parts LEFT JOIN coming ON coming.id = owner_id
     UNION ALL SELECT ${outsideRing}, is_anonymous, NULL, held_bytes, false, true FROM blob_journal WHERE held_bytes > 0),
   anonymous AS (SELECT id FROM accounts WHERE name IS NULL),
   sums AS (
     SELECT leaf, coalesce(sum(size) FILTER (WHERE is_inline), 0) AS inline_bytes,
       count(*) FILTER (WHERE is_inline) AS inline_rows, coalesce(sum(size) FILTER (WHERE is_blob), 0) AS blob_bytes,
       coalesce(sum(size) FILTER (WHERE is_ownerless OR account_id IN (SELECT id FROM anonymous)), 0) AS anonymous_bytes
     FROM held GROUP BY leaf)`;

/** Counts everything again. All counters must be zero before. */
export const recountStorage = unprepared(
  `WITH ${recounted}
   UPDATE storage_counters AS counters SET inline_bytes = sums.inline_bytes, inline_rows = sums.inline_rows,
     blob_bytes = sums.blob_bytes, anonymous_bytes = sums.anonymous_bytes
   FROM sums WHERE counters.leaf = sums.leaf AND counters.shard = 0`,
);

const wrongUsage = unprepared(
  `WITH ${recounted},
   counted AS (
     SELECT leaf, sum(inline_bytes) AS inline_bytes, sum(inline_rows) AS inline_rows, sum(blob_bytes) AS blob_bytes,
       sum(anonymous_bytes) AS anonymous_bytes FROM storage_counters GROUP BY leaf),
   differences AS (
     SELECT CASE WHEN leaf = ${outsideRing} THEN '' ELSE ' in payloads_' || lpad(leaf::text, 2, '0') END AS place,
       coalesce(sums.inline_bytes, 0) <> coalesce(counted.inline_bytes, 0)
         OR coalesce(sums.inline_rows, 0) <> coalesce(counted.inline_rows, 0) AS of_inline,
       coalesce(sums.blob_bytes, 0) <> coalesce(counted.blob_bytes, 0) AS of_blobs,
       coalesce(sums.anonymous_bytes, 0) <> coalesce(counted.anonymous_bytes, 0) AS of_anonymous
     FROM sums FULL JOIN counted USING (leaf)),
   stored AS (
     SELECT account_id, sum(size) AS bytes, count(*) AS n FROM content WHERE account_id IS NOT NULL GROUP BY account_id),
   reserved AS (SELECT account_id, sum(size) AS bytes, count(*) AS n FROM coming GROUP BY account_id),
   in_buckets AS (SELECT bucket_id, sum(size) AS bytes, count(*) AS n FROM objects GROUP BY bucket_id)
   SELECT 'the bytes of content in the database' || place AS line FROM differences WHERE of_inline
   UNION ALL SELECT 'the bytes of all blobs' || place FROM differences WHERE of_blobs
   UNION ALL SELECT 'the bytes of anonymous callers' || place FROM differences WHERE of_anonymous
   UNION ALL SELECT 'account ' || coalesce(name, id) FROM accounts
     LEFT JOIN stored ON stored.account_id = id LEFT JOIN reserved ON reserved.account_id = id
     WHERE stored_bytes <> coalesce(stored.bytes, 0) OR stored_objects <> coalesce(stored.n, 0)
       OR reserved_bytes <> coalesce(reserved.bytes, 0) OR reserved_objects <> coalesce(reserved.n, 0)
   UNION ALL SELECT 'bucket ' || name FROM buckets LEFT JOIN in_buckets ON bucket_id = id
     WHERE name IS NOT NULL AND (size_bytes <> coalesce(bytes, 0) OR object_count <> coalesce(n, 0))`,
);
